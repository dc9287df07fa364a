"""The keys of an installation in a backup, readable only with a passphrase.

A backup without them is of no use, and a backup with them in the clear is the whole secret in one place: so they are
either sealed under a passphrase kept elsewhere, or left out, and then kept elsewhere themselves. They must lie in
place before the application can start at all, hence a command of its own:

    python -m app.backup.keys BACKUP --passphrase-file FILE --to FOLDER
"""

import argparse
import base64
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.backup.place import opened
from app.errors import AppError, Misconfigured

NAME = "keys.sealed"
SHORTEST = 12


def passphrase(path: Path) -> bytes:
    word = path.read_text().strip().encode()
    if len(word) < SHORTEST:
        raise Misconfigured(f"备份口令至少 {SHORTEST} 个字符")
    return word


def files_of(config: Mapping[str, Any]) -> dict[str, Path]:
    """The settings that name a secret's file."""
    secrets = ("KEY_FILE", "SECRET_FILE", "TOKEN_FILE")
    return {name: Path(config[name]) for name in sorted(config) if name.endswith(secrets) and config[name]}


def seal(files: Mapping[str, Path], word: bytes) -> bytes:
    content = {name: base64.b64encode(path.read_bytes()).decode() for name, path in files.items()}
    salt, nonce = os.urandom(16), os.urandom(12)
    return salt + nonce + AESGCM(_key(word, salt)).encrypt(nonce, json.dumps(content).encode(), NAME.encode())


def unseal(blob: bytes, word: bytes) -> dict[str, bytes]:
    try:
        content = AESGCM(_key(word, blob[:16])).decrypt(blob[16:28], blob[28:], NAME.encode())
    except InvalidTag:
        raise Misconfigured("口令不对，或密钥备份已损坏") from None
    return {name: base64.b64decode(text) for name, text in json.loads(content).items()}


def lay_out(folder: Path, word: bytes, target: Path) -> list[Path]:
    """Write the key files into `target`; a file that is there and differs is never overwritten."""
    sealed = folder / NAME
    if not sealed.exists():
        raise Misconfigured("这个备份不含密钥：请取回另行保管的密钥文件")
    found = unseal(sealed.read_bytes(), word)
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = []
    for name, content in found.items():
        path = target / name.lower().removesuffix("_file")
        if path.exists() and path.read_bytes() != content:
            raise Misconfigured(f"{path} 已存在且内容不同，未作改动")
    for name, content in found.items():
        path = target / name.lower().removesuffix("_file")
        path.touch(mode=0o600)
        path.write_bytes(content)
        written.append(path)
    return written


def _key(word: bytes, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(word)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m app.backup.keys", description="lay out the keys of a backup")
    parser.add_argument("backup", type=Path)
    parser.add_argument("--passphrase-file", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    given = parser.parse_args()
    try:
        with opened(given.backup) as folder:
            for path in lay_out(folder, passphrase(given.passphrase_file), given.to):
                print(path)  # noqa: T201  # a command's answer
    except (AppError, OSError) as error:
        print(f"✗ {getattr(error, 'message', error)}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
