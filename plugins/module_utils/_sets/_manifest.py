# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manifest of a backup set: written once, signed, and enough to open the set without us.

Its JSON Schema is ``docs/manifest.schema.json``.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import typing as t

from .._base._errors import ManifestError
from .._base._io import Digest, read_small
from .._base._json import parse_json
from .._base._reader import Problems, Reader, shown

SCHEMA = "nusantara.backup/manifest/1"
SUFFIX = ".manifest.json"
SIGNATURE_SUFFIX = ".sig"
SIZE_LIMIT = 16 << 20
_HEX = frozenset("0123456789abcdef")
_ARTIFACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")


@dataclasses.dataclass(frozen=True)
class ManifestFile:
    """One artifact of the set: ``plain`` is the engine's stream, ``stored`` what lies on the medium."""

    file: str
    part: str
    kind: str
    database: str
    plain: Digest
    stored: Digest


@dataclasses.dataclass(frozen=True)
class Manifest:
    """The facts of one set. ``data`` is the whole document as it stands on the disk."""

    name: str
    source: str
    files: tuple[ManifestFile, ...]
    data: t.Mapping[str, t.Any]

    @property
    def stored_bytes(self) -> int:
        return sum(entry.stored.bytes for entry in self.files)

    @property
    def plain_bytes(self) -> int:
        return sum(entry.plain.bytes for entry in self.files)


def encode(data: t.Mapping[str, t.Any]) -> bytes:
    """The bytes that are written and signed: sorted keys, UTF-8, one trailing newline."""
    return (json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n").encode()


def digest_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def manifest_path(directory: str, name: str) -> str:
    return os.path.join(directory, name + SUFFIX)


def load(directory: str, name: str) -> tuple[Manifest, bytes]:
    """Read and check the manifest of the set in a directory; also the raw bytes, for the signature."""
    path = manifest_path(directory, name)
    try:
        raw = read_small(path, SIZE_LIMIT)
    except FileNotFoundError as problem:
        raise ManifestError(
            f"The set {directory} has no manifest",
            "It is incomplete: it was interrupted, or its manifest was removed",
            code="manifest.missing",
        ) from problem
    except OSError as problem:
        raise ManifestError(
            f"The manifest {path} cannot be read: {problem.strerror}",
            "See the medium and the permissions",
            code="manifest.unreadable",
        ) from problem
    return decode(raw, name, path), raw


def decode(raw: bytes, name: str, path: str) -> Manifest:
    """Check the bytes of a manifest. Raises ``ManifestError`` (code ``manifest.invalid``)."""
    try:
        data = parse_json(raw)
    except ValueError as problem:
        raise _invalid(path, [str(problem)]) from problem
    problems = Problems()
    reader = Reader(data, "", problems)
    if reader.text("schema") != SCHEMA:
        problems.add("schema", f"must be {SCHEMA}, not {shown(reader.raw('schema'))}")
    if reader.text("name") != name:
        problems.add("name", f"is {shown(reader.raw('name'))} and not that of the file")
    source = reader.text("source")
    files = tuple(_file(entry, name) for entry in reader.items("files"))
    if not files:
        problems.add("files", "must name at least one artifact")
    if len({entry.file for entry in files}) != len(files):
        problems.add("files", "names an artifact twice")
    if problems.found:
        raise _invalid(path, problems.found)
    return Manifest(name, source, files, data)


def _file(reader: Reader, name: str) -> ManifestFile:
    return ManifestFile(
        file=reader.text("file", check=lambda text: _artifact_name(text, name)),
        part=reader.text("part", ""),
        kind=reader.text("kind"),
        database=reader.text("database", ""),
        plain=_digest(reader, "plain"),
        stored=_digest(reader, "stored"),
    )


def _artifact_name(text: str, name: str) -> str:
    """An artifact lies beside its manifest and begins with the name of the set."""
    fits = _ARTIFACT.match(text) is not None and len(text) <= 255
    if not fits or not text.startswith(name + ".") or text.startswith(name + SUFFIX):
        raise ValueError(f"{shown(text)} is not an artifact of {name}")
    return text


def _digest(reader: Reader, key: str) -> Digest:
    inner = Reader(reader.raw(key), reader.at(key), reader.problems)
    return Digest(inner.integer("bytes", None, 0, 1 << 62), inner.text("sha256", check=is_sha256))


def is_sha256(text: str) -> str:
    """The text, when it is a SHA-256 in lower-case hex; else ``ValueError``."""
    if len(text) != 64 or not set(text) <= _HEX:
        raise ValueError(f"{shown(text)} is not a SHA-256 in hex")
    return text


def _invalid(path: str, problems: t.Sequence[str]) -> ManifestError:
    return ManifestError(
        f"The manifest {path} is not valid: {'; '.join(problems[:5])}",
        "It was altered or damaged: use another copy of the set",
        code="manifest.invalid",
    )
