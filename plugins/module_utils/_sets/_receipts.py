# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts: what a host knows of the copies of its sets. Written once, never changed.

``<state>/receipts/<medium>/<name>.json``. When a set is copied to a medium
again, because a new disk took the old one's place, the next receipt is
``<name>~2.json``.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import re
import typing as t

from .._base._errors import ManifestError
from .._base._io import PART, Digest, disk_errors, make_directory, read_small, sync_directory, write_new
from .._base._json import parse_json
from .._base._reader import Problems, Reader
from ._manifest import encode, is_sha256

SCHEMA = "nusantara.backup/receipt/1"
VERIFIED = "verified"
UNCHANGED = "unchanged"
_LIMIT = 4 << 20
_MEDIUM = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?\Z")
_AGAIN = re.compile(r"~([2-9]|[1-9][0-9]{1,5})\Z")


def is_medium_name(text: str) -> bool:
    """1 to 64 letters, digits, '.', '_' and '-', and no dot at either end."""
    return _MEDIUM.match(text) is not None


@dataclasses.dataclass(frozen=True)
class Receipt:
    """One copy that was re-read where it lies.

    ``at`` is UTC; ``seconds`` what the copy took; ``outcome`` verified, or
    unchanged when it lay there already, whole and equal. ``dropped`` tells
    whether the page cache was seen to be empty before the re-read, so that
    the bytes came from the medium; False where the file system cannot show it.
    """

    name: str
    source: str
    medium: str
    kind: str
    building: str
    path: str
    at: str
    seconds: float
    files: tuple[tuple[str, Digest], ...]
    manifest_sha256: str
    outcome: str
    dropped: bool

    def as_dict(self) -> dict[str, t.Any]:
        data = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        data["files"] = [{"file": file, **digest.as_dict()} for file, digest in self.files]
        return {"schema": SCHEMA, **data}


class Receipts:
    """The receipts below a state directory."""

    def __init__(self, state: str) -> None:
        self.root = os.path.join(state, "receipts")

    def write(self, receipt: Receipt) -> str:
        """Keep a receipt. One that says the same already is left alone; returns its path."""
        directory = self._directory(receipt.medium)
        with disk_errors("Cannot keep the receipt in", directory):
            make_directory(directory)
            earlier = self.of(receipt.medium, receipt.name)
            if receipt.outcome == UNCHANGED and earlier:
                return self._path(receipt.medium, receipt.name, len(earlier))
            return self._write_next(receipt, len(earlier) + 1)

    def _write_next(self, receipt: Receipt, number: int) -> str:
        """Whole or not at all: written beside, then linked, which never takes another's place."""
        path = self._path(receipt.medium, receipt.name, number)
        self._sweep(os.path.dirname(path))
        temporary = f"{path}.{os.getpid()}{PART}"
        try:
            write_new(temporary, encode(receipt.as_dict()))
            os.link(temporary, path)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
        sync_directory(os.path.dirname(path))
        return path

    def _sweep(self, directory: str) -> None:
        """Remove what processes that are gone began to write."""
        for entry in os.listdir(directory):
            process = entry[: -len(PART)].rpartition(".")[2]
            if entry.endswith(PART) and not os.path.exists(f"/proc/{process}"):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(directory, entry))

    def of(self, medium: str, name: str) -> list[Receipt]:
        """The receipts of one set on one medium, oldest first. Raises ``ManifestError`` for a broken one."""
        found: list[Receipt] = []
        while True:
            path = self._path(medium, name, len(found) + 1)
            try:
                raw = read_small(path, _LIMIT)
            except FileNotFoundError:
                return found
            except OSError as problem:
                raise _broken(path, str(problem.strerror)) from problem
            found.append(_decode(raw, path, name))

    def media(self) -> list[str]:
        """The media that receipts are known of."""
        return sorted(entry for entry in _listed(self.root) if is_medium_name(entry))

    def newest(self, name: str) -> list[Receipt]:
        """The newest receipt of a set on each medium that has one."""
        return [found[-1] for found in (self.of(medium, name) for medium in self.media()) if found]

    def names(self, medium: str) -> set[str]:
        """The sets that were ever copied to a medium."""
        entries = _listed(self._directory(medium))
        return {_AGAIN.sub("", entry[:-5]) for entry in entries if entry.endswith(".json")}

    def _directory(self, medium: str) -> str:
        if not is_medium_name(medium):
            raise ManifestError(f"{ascii(medium)[:80]} is not a name of a medium", "Correct it", code="medium.name")
        return os.path.join(self.root, medium)

    def _path(self, medium: str, name: str, number: int) -> str:
        if os.sep in name or not name:
            raise OSError(errno.EINVAL, "is not the name of a set", name)
        again = "" if number == 1 else f"~{number}"
        return os.path.join(self._directory(medium), f"{name}{again}.json")


def _listed(directory: str) -> list[str]:
    with disk_errors("Cannot list the receipts in", directory):
        try:
            return os.listdir(directory)
        except FileNotFoundError:
            return []


def _decode(raw: bytes, path: str, name: str) -> Receipt:
    try:
        data = parse_json(raw)
    except ValueError as problem:
        raise _broken(path, str(problem)) from problem
    problems = Problems()
    reader = Reader(data, "", problems)
    if reader.text("schema") != SCHEMA or reader.text("name") != name:
        problems.add("name", "is of another set or kind")
    seconds = reader.raw("seconds", 0.0)
    receipt = Receipt(
        name=name,
        source=reader.text("source"),
        medium=reader.text("medium"),
        kind=reader.text("kind"),
        building=reader.text("building", ""),
        path=reader.text("path"),
        at=reader.text("at"),
        seconds=float(seconds) if isinstance(seconds, (int, float)) else 0.0,
        files=tuple((entry.text("file"), _digest(entry)) for entry in reader.items("files")),
        manifest_sha256=reader.text("manifest_sha256", check=is_sha256),
        outcome=reader.choice("outcome", (VERIFIED, UNCHANGED)),
        dropped=reader.flag("dropped", False),
    )
    if problems.found:
        raise _broken(path, "; ".join(problems.found[:3]))
    return receipt


def _digest(reader: Reader) -> Digest:
    return Digest(reader.integer("bytes", None, 0, 1 << 62), reader.text("sha256", check=is_sha256))


def _broken(path: str, why: str) -> ManifestError:
    return ManifestError(
        f"The receipt {path} is not valid: {why}",
        "It was altered or damaged: move it away and transfer the set again, which re-reads the copy",
        code="receipt.invalid",
    )
