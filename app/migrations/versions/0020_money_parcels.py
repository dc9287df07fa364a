"""money parcels: where each payment and claim is, from the bookings so far

Amounts are copied as they are sealed: of a premium given back in part, all of it counts as given back.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

UNDER_WAY = sa.text("account IN ('held', 'repaying', 'returning', 'owed')")
ENTRIES = sa.text(
    "SELECT at, order_no, key, account, amount FROM ledger_entry AS entry"
    " WHERE id = (SELECT max(id) FROM ledger_entry WHERE key = entry.key) ORDER BY id"
).columns(at=sa.DateTime(timezone=True), amount=sa.LargeBinary())
"""Where each booking put its money: that half was always written last."""


def upgrade() -> None:
    parcels = op.create_table(
        "money_parcel",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("parcel", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("order_no", "parcel", name=op.f("pk_money_parcel")),
    )
    with op.batch_alter_table("money_parcel", schema=None) as batch_op:
        batch_op.create_index(
            "ix_money_parcel_under_way", ["since"], sqlite_where=UNDER_WAY, postgresql_where=UNDER_WAY
        )
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for entry in op.get_bind().execute(ENTRIES):
        _move(found.setdefault(entry.order_no, {}), entry)
    rows = [row for mine in found.values() for row in mine.values()]
    if rows:
        op.bulk_insert(parcels, rows)


def _move(mine: dict[str, dict[str, Any]], entry: Any) -> None:
    """What a booking did: of a payment `kind:order:transaction`, of a claim `claimed:number`, of a guarantee given
    back `refunded:number`; earlier ones earned all that was held at once: `earned:order`."""
    kind, _, name = (*entry.key.split(":", 2), "", "")[:3]
    if kind == "claimed":
        name = entry.key.removeprefix("claimed:")
    if name and kind != "refunded":
        row = {"order_no": entry.order_no, "parcel": name, "account": entry.account, "since": entry.at}
        mine[name] = {**row, "amount": mine[name]["amount"] if name in mine else entry.amount}
        return
    source = "earned" if kind == "refunded" else "held"
    for row in mine.values():
        if row["account"] == source:
            row.update(account=entry.account, since=entry.at)
