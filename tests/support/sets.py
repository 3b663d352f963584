# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds whole, valid, signed sets without any engine, for tests of what happens to sets afterwards."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._naming import FREQUENCY_WORD, fields_as_dict, parse
from ansible_collections.nusantara.backup.plugins.module_utils._sets._manifest import (
    SCHEMA,
    SIGNATURE_SUFFIX,
    encode,
    manifest_path,
)
from ansible_collections.nusantara.backup.plugins.module_utils._sets._signing import NAMESPACE, ensure_key, sign

HOST = "db1"


@dataclasses.dataclass(frozen=True)
class MadeSet:
    """A set in a store: where, its name, and the names of its artifacts."""

    root: pathlib.Path
    source: str
    name: str
    files: tuple[str, ...]

    @property
    def directory(self) -> pathlib.Path:
        return self.root / self.source / self.name

    @property
    def manifest(self) -> pathlib.Path:
        return pathlib.Path(manifest_path(str(self.directory), self.name))

    @property
    def signature(self) -> pathlib.Path:
        return pathlib.Path(str(self.manifest) + SIGNATURE_SUFFIX)

    def artifact(self, number: int = 0) -> pathlib.Path:
        return self.directory / self.files[number]


def make_key(directory: pathlib.Path, host: str = HOST, name: str = "manifest") -> str:
    """A signing key; returns its path."""
    path = str(directory / name)
    ensure_key(path, host, Children())
    return path


def allowed_signers(path: pathlib.Path, key: str, host: str = HOST) -> str:
    """A file that allows a key to sign for a host; returns its path."""
    public = pathlib.Path(key + ".pub").read_text(encoding="ascii")
    path.write_text(f'{host} namespaces="{NAMESPACE}" {public}', encoding="ascii")
    return str(path)


def make_document(
    source: str, name: str, files: t.Mapping[str, bytes], *, host: str = HOST, **changes: t.Any
) -> dict[str, t.Any]:
    """A manifest as a dump writes it; ``changes`` replace top-level keys."""
    fields = parse(name)
    night = fields.night.isoformat()
    return {
        "schema": SCHEMA,
        "collection": "0.1.0",
        "name": name,
        "fields": fields_as_dict(fields),
        "style": "compact",
        "source": source,
        "description": "A set made by a test",
        "host": host,
        "building": "A",
        "run": "20261120T170000Z-4f2a91c35b07d8e6",
        "mode": "scheduled",
        "type": fields.type,
        "frequency": FREQUENCY_WORD[fields.frequency],
        "night": night,
        "zone": "Asia/Jakarta",
        "slot": f"{night}T24:00:00+07:00",
        "late": False,
        "started": f"{night}T17:00:03Z",
        "ended": f"{night}T17:04:10Z",
        "seconds": 247.1,
        "parents": [],
        "engine": {"name": "sqlite", "target": "a test", "version": "3.40.1", "server": "", "tools": {}},
        "protection": {"compression": "zstd", "level": 3, "encryption": "age", "recipients": [], "proof": "stored"},
        "files": [_entry(file, data, name) for file, data in files.items()],
        "inventory": {"exact": True, "totals": {"table": 1, "rows": 3}, "objects": [], "why": ""},
        "warnings": [],
        "plausible": True,
        "recipe": {"parameters": {}, "files": {}},
        **changes,
    }


def make_set(
    root: pathlib.Path,
    source: str,
    name: str,
    files: t.Mapping[str, bytes] | None = None,
    key: str = "",
    **changes: t.Any,
) -> MadeSet:
    """Write a whole set into a store; without ``key`` it is not signed.

    ``files`` maps what follows the name of the set (``sqlite.zst.age``) to content.
    """
    contents = {f"{name}.{tail}": data for tail, data in (files or {"sqlite.zst.age": b"stored " * 1000}).items()}
    made = MadeSet(root, source, name, tuple(contents))
    made.directory.mkdir(mode=0o700, parents=True)
    for file, data in contents.items():
        write_private(made.directory / file, data)
    write_manifest(made, make_document(source, name, contents, **changes), key)
    return made


def write_manifest(made: MadeSet, document: t.Mapping[str, t.Any], key: str = "") -> None:
    """Write (or forge) the manifest of a set and its signature."""
    raw = encode(document)
    write_private(made.manifest, raw)
    if key:
        write_private(made.signature, sign(raw, key, Children()))


def make_big_set(root: pathlib.Path, source: str, name: str, size: int) -> MadeSet:
    """A set with one artifact of random bytes, written piece by piece; not signed."""
    file = f"{name}.sqlite.zst.age"
    made = MadeSet(root, source, name, (file,))
    made.directory.mkdir(mode=0o700, parents=True)
    meter = hashlib.sha256()
    with open(made.artifact(), "wb") as stream:
        left = size
        while left:
            piece = os.urandom(min(left, 1 << 20))
            meter.update(piece)
            stream.write(piece)
            left -= len(piece)
    document = make_document(source, name, {file: b""})
    digest = {"bytes": size, "sha256": meter.hexdigest()}
    document["files"][0].update(stored=digest, plain=digest)
    write_manifest(made, document)
    return made


def write_private(path: pathlib.Path, data: bytes) -> None:
    path.write_bytes(data)
    path.chmod(0o600)


def _entry(file: str, data: bytes, name: str) -> dict[str, t.Any]:
    digest = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    kind = file[len(name) + 1 :].partition(".")[0]
    return {"file": file, "part": "", "kind": kind, "database": "", "plain": dict(digest), "stored": dict(digest)}
