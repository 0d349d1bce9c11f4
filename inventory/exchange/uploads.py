"""Uploaded files in the instance folder: random names, readable by the owner alone, gone after a week at the latest."""

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from inventory.errors import msg
from inventory.exchange.source import UnreadableFile
from inventory.exchange.spool import Spool

DAYS = 7
_CHUNK = 1 << 20
_KEY = re.compile(r"[0-9a-f]{32}")
_XLSX = b"PK"


class Uploads:
    """The folder `uploads` of an instance; a file is known by the key that `save` gives it."""

    def __init__(self, instance: Path) -> None:
        self._folder = instance / "uploads"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def save(self, stream: IO[bytes], most: int) -> tuple[str, int]:
        """Keep what comes, at most `most` bytes of it; its key and size. Raises `UnreadableFile` where it is more."""
        key, size = secrets.token_hex(16), 0
        path = self.upload(key)
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
                while chunk := stream.read(_CHUNK):
                    size += len(chunk)
                    if size > most:
                        raise UnreadableFile(msg("The file is larger than %(limit)s MB.", limit=most >> 20))
                    kept.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return key, size

    def upload(self, key: str) -> Path:
        """The file as it came."""
        return self._path(key, "upload")

    def is_workbook(self, key: str) -> bool:
        """Whether the file is an XLSX rather than text."""
        with self.upload(key).open("rb") as file:
            return file.read(2) == _XLSX

    def refused(self, key: str, ending: str) -> Path:
        """The file of the rows that were refused, `csv` or `xlsx`."""
        return self._path(key, f"refused.{ending}")

    @contextmanager
    def spool(self, key: str) -> Iterator[Spool]:
        """The file unpacked."""
        spool = Spool(self._path(key, "rows"))
        try:
            yield spool
        finally:
            spool.close()

    @contextmanager
    def alone(self, key: str) -> Iterator[bool]:
        """Whether nobody else, in this process or another, works at the file meanwhile; does not wait."""
        path = self._path(key, "lock")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield False
                return
            yield True

    def drop(self, key: str, *, refused: bool = True) -> None:
        """Remove the file and all that was made of it; without `refused` its refused rows stay."""
        for path in self._folder.glob(f"{_checked(key)}.*"):
            if refused or ".refused." not in path.name:
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove what is older than a week."""
        until = time.time() - DAYS * 86400
        for path in self._folder.iterdir():
            try:
                if path.stat().st_mtime < until:
                    path.unlink()
            except FileNotFoundError:
                continue

    def has(self, key: str) -> bool:
        """Whether the file is still there."""
        return self.upload(key).exists()

    def _path(self, key: str, ending: str) -> Path:
        return self._folder / f"{_checked(key)}.{ending}"


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError("no key of an upload")
    return key
