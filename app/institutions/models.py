"""Institutions, what they sell, and the lists operators keep."""

from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Numeric, Text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import BigKey, Fen, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class InstitutionKind(State):
    BANK = "bank", "银行"
    INSURER = "insurer", "保险公司"
    GUARANTOR = "guarantor", "担保公司"


class InstitutionState(State):
    ADMISSION_PENDING = "admission_pending", "准入待审核"
    ADMISSION_REJECTED = "admission_rejected", "准入不通过"
    ADMITTED = "admitted", "准入通过"
    ACCEPTANCE_PENDING = "acceptance_pending", "上线待审核"
    ONLINE = "online", "已上线"
    OFFLINE = "offline", "已下线"


S = InstitutionState


class Serving:
    """What is asked of an institution's row, however it was read."""

    state: Any
    regions: Any

    @property
    def online(self) -> bool:
        return bool(self.state == S.ONLINE)

    def serves(self, region: str) -> bool:
        """Whether it works in the prefecture `region` belongs to."""
        return not self.regions or region in self.regions or f"{region[:4]}00" in self.regions


class Institution(Serving, db.Model):  # type: ignore[name-defined]
    """A bank, insurer or guarantee company; `code` is its public number, `app_id` its name in signed calls.

    `contact` {"name", "phone"} is who applied; `applicant` finds the row by name, credit code and phone. `documents`:
    stage → what was handed in, each {"file", "name", "size"}. `reason`: why it was refused or sent back last.
    """

    MOVES: ClassVar = {
        S.ADMISSION_PENDING: {S.ADMISSION_REJECTED, S.ADMITTED},
        S.ADMISSION_REJECTED: {S.ADMISSION_PENDING},
        S.ADMITTED: {S.ACCEPTANCE_PENDING},
        S.ACCEPTANCE_PENDING: {S.ONLINE, S.ADMITTED},
        S.ONLINE: {S.OFFLINE},
        S.OFFLINE: {S.ONLINE},
    }
    __tablename__ = "institution"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    uscc: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=S.ADMISSION_PENDING, index=True)
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: the whole province
    endpoint_url: Mapped[str] = mapped_column(default="")
    endpoint_wanted: Mapped[str] = mapped_column(default="", server_default="")  # one that is being accepted
    app_id: Mapped[str] = mapped_column(unique=True)
    sign_with: Mapped[str] = mapped_column(default="HMAC-SM3")
    signer_certificate: Mapped[str] = mapped_column(Text, default="")  # PEM; whose signature on a guarantee counts
    phone: Mapped[str] = mapped_column(default="")
    intro: Mapped[str] = mapped_column(Text, default="")
    logo_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    accepting: Mapped[bool] = mapped_column(default=True, server_default=true())  # whether it takes orders now (B10)
    contact: Mapped[Any] = mapped_column(Sealed("institution.contact"), nullable=True)
    applicant: Mapped[str | None] = mapped_column(index=True)
    documents: Mapped[dict[str, list[dict[str, Any]]]] = mapped_column(JSON, default=dict, server_default="{}")
    reason_code: Mapped[str] = mapped_column(default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    applied_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    online_since: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    products: Mapped[list["Product"]] = relationship(back_populates="institution", order_by="Product.code")

    @property
    def no(self) -> str:
        return self.code


class ProductType(db.Model):  # type: ignore[name-defined]
    """What bidders choose first; `kind` is the kind of institution that may offer it."""

    __tablename__ = "product_type"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    intro: Mapped[str] = mapped_column(Text, default="")
    position: Mapped[int] = mapped_column(default=0)
    offered: Mapped[bool] = mapped_column(default=True)


class Product(db.Model):  # type: ignore[name-defined]
    """A guarantee one institution sells: its price, its limit, its terms."""

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"), index=True)
    product_type: Mapped[str] = mapped_column(ForeignKey("product_type.code"), index=True)
    name: Mapped[str]
    intro: Mapped[str] = mapped_column(Text, default="")
    rate: Mapped[Decimal] = mapped_column(Numeric(12, 8, asdecimal=True))
    minimum_fen: Mapped[int] = mapped_column(Fen)
    limit_fen: Mapped[int] = mapped_column(Fen)
    categories: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: every category of lot
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)  # empty: wherever the institution works
    independent: Mapped[bool] = mapped_column(default=True)
    terms: Mapped[str] = mapped_column(Text)
    terms_sha256: Mapped[str]
    terms_url: Mapped[str] = mapped_column(default="", server_default="")  # where its terms are fetched
    offered: Mapped[bool] = mapped_column(default=True)
    institution: Mapped[Institution] = relationship(back_populates="products", lazy="joined")

    def fits(self, *, region: str = "", category: str = "", amount_fen: int = 0) -> bool:
        """Whether it is sold for such a lot and such an amount."""
        here = not region or (
            self.institution.serves(region)
            and (not self.regions or region in self.regions or f"{region[:4]}00" in self.regions)
        )
        return (
            here
            and (not category or not self.categories or category in self.categories)
            and (amount_fen <= self.limit_fen)
        )


class ReasonCode(db.Model):  # type: ignore[name-defined]
    """A reason a reviewer or institution gives; `purpose` says for which decision."""

    __tablename__ = "reason_code"
    purpose: Mapped[str] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    position: Mapped[int] = mapped_column(default=0)
    offered: Mapped[bool] = mapped_column(default=True)
