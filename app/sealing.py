"""Encryption at rest: a master key, a key per lot wrapped by it, sealed columns, blind indexes.

Ciphertext is `key id (8 bytes) + nonce (12) + AES-256-GCM`; the scope is authenticated with it, so that a value
moved to another column does not open. Losing a lot's key is how its secrets are destroyed.

Master keys are changed (app/rotation): the first of the file seals, the others open. What is kept of them in the
database, wrapped by the first, outlives the file's older lines: the root of every blind index, so that no index has to
be made anew, and the keys of what can't be sealed anew because it is evidence as it stands (the audit trail).
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from flask import Flask, current_app
from sqlalchemy import Connection, LargeBinary, inspect, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.db import db, insert_new, remembered
from app.errors import Misconfigured
from app.statements import Statement, one

_MASTER = Statement("SELECT name, wrapped FROM master_key WHERE name = :name")
_ROOT = Statement("SELECT name, wrapped FROM master_key WHERE root")


class Unreadable(Misconfigured):
    """A sealed value that no configured key opens."""


class Keyring:
    """The master keys of this installation, the first one sealing; every other use is derived."""

    def __init__(self, masters: dict[str, bytes]):
        if not masters:
            raise Misconfigured("没有主密钥：请设置 MASTER_KEY_FILE")
        self.masters = masters
        self.current = next(iter(masters))
        self._derived: dict[tuple[str, str], AESGCM] = {}
        self._index_keys: dict[str, bytes] = {}
        self._root: bytes | None = None
        self._migration: Connection | None = None
        self._lot_keys: dict[str, AESGCM] = {}

    @classmethod
    def read(cls, path: str | Path) -> "Keyring":
        """One `id:base64` a line, the newest first; ids are at most 8 ASCII characters."""
        masters = {}
        for line in Path(path).read_text().split():
            name, _, key = line.partition(":")
            raw = base64.b64decode(key)
            if len(raw) != 32 or not 1 <= len(name.encode()) <= 8:
                raise Misconfigured("主密钥文件每行应为 编号:32字节密钥的base64")
            masters[name] = raw
        return cls(masters)

    @staticmethod
    def fresh(name: str = "k1") -> str:
        return f"{name}:{base64.b64encode(os.urandom(32)).decode()}\n"

    def cipher(self, name: str, use: str) -> AESGCM:
        found = self._derived.get((name, use))
        if found is None:
            master = self.masters.get(name) or self._kept(_MASTER, name=name)
            if master is None:
                raise Unreadable("密文所用的主密钥不在配置中", key=name)
            found = self._derived[name, use] = AESGCM(_derive(master, use))
        return found

    @contextmanager
    def migrating(self, connection: Connection) -> Iterator[None]:
        """During a migration its connection alone may be asked, and no key may be kept yet."""
        self._migration, self._root = connection, None
        self._index_keys.clear()
        try:
            yield
        finally:
            self._migration, self._root = None, None

    def _kept_root(self) -> bytes | None:
        if self._migration is None:
            return self._kept(_ROOT)
        if not inspect(self._migration).has_table(MasterKey.__tablename__):
            return None
        root = select(MasterKey.name, MasterKey.wrapped).where(MasterKey.root.is_(True))
        return self._unwrapped(self._migration.execute(root).one_or_none())

    def _kept(self, which: Statement, **values: Any) -> bytes | None:
        """A master key out of the database."""
        return self._unwrapped(one(which, **values))

    def _unwrapped(self, row: Sequence[Any] | None) -> bytes | None:
        if row is None:
            return None
        name, blob = row[0], bytes(row[1])
        wrapper = blob[:8].rstrip(b"\0").decode()
        if wrapper not in self.masters:
            raise Unreadable("主密钥文件中没有保管其他密钥的主密钥", key=wrapper)
        return unseal(blob, f"master:{name}")

    def proof(self, name: str) -> str:
        """What shows that two installations hold the same master key, and tells nothing of it."""
        return _derive(self.masters[name], "proof").hex()

    def index_key(self, purpose: str) -> bytes:
        """Blind indexes outlive every rotation: they hang on the installation's first master key."""
        found = self._index_keys.get(purpose)
        if found is None:
            if self._root is None:
                self._root = self._kept_root() or list(self.masters.values())[-1]
            found = self._index_keys[purpose] = _derive(self._root, f"index:{purpose}")
        return found

    def lot_cipher(self, lot_no: str) -> AESGCM:
        """The lot's own key, made at first use; the caller's transaction keeps it.

        A key made in this transaction is not cached: if the transaction is undone, so is the key.
        """
        found = self._lot_keys.get(lot_no)
        if found is None:
            made = remembered("lot keys", "made", set[str])
            wrapped = _wrapped(lot_no)
            if wrapped is None:
                key = os.urandom(32)
                if insert_new(LotKey, lot_no=lot_no, wrapped=seal(key, f"lot:{lot_no}")):
                    made.add(lot_no)
                    return AESGCM(key)
                wrapped = _wrapped(lot_no)  # a rival made it meanwhile
                assert wrapped is not None
            found = AESGCM(unseal(wrapped, f"lot:{lot_no}"))
            if lot_no in made:
                return found
            if len(self._lot_keys) > 4096:
                self._lot_keys.clear()
            self._lot_keys[lot_no] = found
        return found


class MasterKey(db.Model):  # type: ignore[name-defined]
    """A master key this installation has or had, wrapped by the one that seals. `root`: blind indexes hang on it."""

    __tablename__ = "master_key"
    name: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    root: Mapped[bool] = mapped_column(default=False)


class LotKey(db.Model):  # type: ignore[name-defined]
    """A lot's key, wrapped by the master key."""

    __tablename__ = "lot_key"
    lot_no: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


def _wrapped(lot_no: str) -> bytes | None:
    return db.session.scalar(select(LotKey.wrapped).where(LotKey.lot_no == lot_no))


def init(app: Flask) -> None:
    app.extensions["keyring"] = Keyring.read(app.config["MASTER_KEY_FILE"])


def keyring() -> Keyring:
    return current_app.extensions["keyring"]


def seal(data: bytes, scope: str) -> bytes:
    ring = keyring()
    nonce = os.urandom(12)
    return header(ring.current) + nonce + ring.cipher(ring.current, "seal").encrypt(nonce, data, scope.encode())


def unseal(blob: bytes, scope: str) -> bytes:
    name = blob[:8].rstrip(b"\0").decode()
    try:
        return keyring().cipher(name, "seal").decrypt(blob[8:20], blob[20:], scope.encode())
    except InvalidTag as error:
        raise Unreadable("密文无法解开", scope=scope) from error


def seal_json(value: Any, scope: str) -> bytes:
    return seal(_padded(value), scope)


def unseal_json(blob: bytes | None, scope: str) -> Any:
    return None if blob is None else orjson.loads(unseal(blob, scope))


def prepare(lot_no: str) -> None:
    """Let the lot have its key from its first day: one made with its first order would show that there is one."""
    keyring().lot_cipher(lot_no)


def seal_for_lot(lot_no: str, value: Any, scope: str) -> bytes:
    nonce = os.urandom(12)
    return nonce + keyring().lot_cipher(lot_no).encrypt(nonce, _padded(value), scope.encode())


def unseal_for_lot(lot_no: str, blob: bytes, scope: str) -> Any:
    try:
        return orjson.loads(keyring().lot_cipher(lot_no).decrypt(blob[:12], blob[12:], scope.encode()))
    except InvalidTag as error:
        raise Unreadable("密文无法解开", scope=scope) from error


def blind(purpose: str, *parts: object) -> str:
    """A keyed hash to look up or keep unique what is sealed; 32 hex characters."""
    key = keyring().index_key(purpose)
    return hmac.new(key, "\x1f".join(map(str, parts)).encode(), hashlib.sha256).hexdigest()[:32]


class Sealed(TypeDecorator[Any]):
    """A JSON value that the database only sees encrypted. The scope (table.column) is authenticated."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, scope: str):
        super().__init__()
        self.scope = scope

    def process_bind_param(self, value: Any, dialect: Any) -> bytes | None:
        return None if value is None else seal_json(value, self.scope)

    def process_result_value(self, value: bytes | None, dialect: Any) -> Any:
        return unseal_json(value, self.scope)


def keep_masters() -> None:
    """Keep every master key of the file, wrapped by its first; in the caller's transaction, repeated without harm.

    The first time decides the root of the blind indexes for ever: the file's last line.
    """
    ring = keyring()
    kept = {row.name: row for row in db.session.scalars(select(MasterKey).with_for_update())}
    for name, row in kept.items():
        raw = _as_kept(row)
        if raw != ring.masters.get(name, raw):
            raise Misconfigured(f"编号 {name} 的主密钥与原来的不同：新的密钥请用新的编号")
        if not row.wrapped.startswith(header(ring.current)):
            row.wrapped = seal(raw, f"master:{name}")
    for name, raw in ring.masters.items():
        if name not in kept:
            root = not kept and name == list(ring.masters)[-1]
            insert_new(MasterKey, name=name, wrapped=seal(raw, f"master:{name}"), root=root)


def _as_kept(row: MasterKey) -> bytes:
    try:
        return unseal(row.wrapped, f"master:{row.name}")
    except Unreadable as error:
        raise Misconfigured(f"主密钥文件中的密钥打不开数据库保管的主密钥 {row.name}：不是本系统的主密钥") from error


def header(name: str) -> bytes:
    """How ciphertext under this master key begins."""
    return name.encode().ljust(8, b"\0")


def _padded(value: Any) -> bytes:
    """JSON filled up with blanks to a multiple of 64 bytes, so that lengths tell little."""
    text = orjson.dumps(value)
    return text.ljust(-(-len(text) // 64) * 64)


def _derive(master: bytes, use: str) -> bytes:
    return HKDFExpand(SHA256(), 32, use.encode()).derive(master)
