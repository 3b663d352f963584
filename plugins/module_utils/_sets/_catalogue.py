# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store holds, from manifests and receipts alone. Broken sets are left to `verify_store`."""

from __future__ import annotations

import os
import typing as t

from .._base._errors import ManifestError
from .._base._printable import harmless, one_line, shown_path
from ._manifest import SIGNATURE_SUFFIX, Manifest, ManifestFile, load, manifest_path
from ._receipts import Receipts
from ._scan import UNFINISHED, Entry, FoundSet, Stray, scan


def catalogue(store: str, state: str = "", sources: t.Collection[str] = ()) -> list[dict[str, t.Any]]:
    """The sets of a store as docs/facts.md shapes them, newest first; with ``sources`` only theirs.

    A store that is not there is empty.
    """
    return _sets(looked_at(store, sources), state)


def looked_at(store: str, sources: t.Collection[str] = ()) -> list[Entry]:
    """All that lies in a store, from one look: what a second one saw might be something else."""
    return list(scan(store, sources)) if os.path.isdir(store) else []


def contents(store: str, state: str) -> tuple[list[dict[str, t.Any]], list[str]]:
    """`catalogue` and `unknown_paths` of one look, so that nothing is missing in both."""
    entries = looked_at(store)
    return _sets(entries, state), _unknown(entries)


def unknown_paths(store: str) -> list[str]:
    """What lies in a store and does not parse (P13.6) or cannot be looked at, to be shown; not unfinished sets."""
    return _unknown(looked_at(store))


def _unknown(entries: t.Iterable[Entry]) -> list[str]:
    return [shown_path(entry.path) for entry in entries if isinstance(entry, Stray) and entry.kind != UNFINISHED]


def _sets(entries: t.Iterable[Entry], state: str) -> list[dict[str, t.Any]]:
    receipts = _Copies(Receipts(state)) if state else None
    found = [entry for entry in entries if isinstance(entry, FoundSet)]
    found.sort(key=lambda entry: entry.order, reverse=True)
    return [_facts(entry, manifest, receipts) for entry, manifest in _readable(found)]


class _Copies:
    """The copies of a set by its receipts; a directory of receipts is listed once, not once for each set."""

    def __init__(self, receipts: Receipts) -> None:
        self._receipts = receipts
        self._names = {medium: receipts.names(medium) for medium in receipts.media()}

    def of(self, name: str) -> list[dict[str, str]]:
        found = []
        for medium, names in self._names.items():
            if name in names:
                try:
                    receipt = self._receipts.of(medium, name)[-1]
                except (ManifestError, IndexError):
                    continue
                found.append({"medium": receipt.medium, "building": receipt.building, "at": receipt.at})
        return found


def _readable(found: t.Iterable[FoundSet]) -> t.Iterator[tuple[FoundSet, Manifest]]:
    for entry in found:
        try:
            manifest, _raw = load(entry.directory, entry.name)
        except ManifestError:
            continue
        if manifest.source == entry.source:
            yield entry, manifest


def _facts(found: FoundSet, manifest: Manifest, copies: _Copies | None) -> dict[str, t.Any]:
    data = manifest.data
    engine, protection, inventory = (_mapping(data, key) for key in ("engine", "protection", "inventory"))
    path = manifest_path(found.directory, found.name)
    return {
        "name": found.name,
        "source": found.source,
        "type": _text(data, "type"),
        "frequency": _text(data, "frequency"),
        "night": _text(data, "night"),
        "created": _text(data, "ended"),
        "host": _text(data, "host"),
        "engine": _text(engine, "name"),
        "version": _text(engine, "version"),
        "plain_bytes": manifest.plain_bytes,
        "stored_bytes": manifest.stored_bytes,
        "sha256": manifest.files[0].stored.sha256,
        "files": [_file(entry) for entry in manifest.files],
        "compression": _text(protection, "compression"),
        "encryption": _text(protection, "encryption"),
        "proof": _text(protection, "proof"),
        "signed": os.path.isfile(path + SIGNATURE_SUFFIX),
        "inventory": {
            "exact": inventory.get("exact") is True,
            "why": _text(inventory, "why"),
            "totals": _totals(inventory),
        },
        "plausible": data.get("plausible") is not False,
        "group": _window(data),
        "warnings": [harmless(entry) for entry in _list(data, "warnings") if isinstance(entry, dict)],
        "copies": copies.of(found.name) if copies else [],
    }


def _file(entry: ManifestFile) -> dict[str, t.Any]:
    return {
        "file": entry.file,
        "part": entry.part,
        "bytes": entry.stored.bytes,
        "sha256": entry.stored.sha256,
        "plain_bytes": entry.plain.bytes,
        "plain_sha256": entry.plain.sha256,
    }


def _window(data: t.Mapping[str, t.Any]) -> dict[str, t.Any] | None:
    """The maintenance window of a group in which a set was made; None where it was made alone."""
    group = _mapping(data, "group")
    if not group:
        return None
    words = {key: _text(group, key) for key in ("name", "began", "before")}
    return {**words, "sources": [one_line(name) for name in _list(group, "sources") if isinstance(name, str)]}


def _totals(inventory: t.Mapping[str, t.Any]) -> dict[str, int]:
    totals = _mapping(inventory, "totals")
    return {
        one_line(key): value for key, value in totals.items() if isinstance(value, int) and not isinstance(value, bool)
    }


def _mapping(data: t.Mapping[str, t.Any], key: str) -> t.Mapping[str, t.Any]:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _list(data: t.Mapping[str, t.Any], key: str) -> list[t.Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _text(data: t.Mapping[str, t.Any], key: str) -> str:
    value = data.get(key)
    return one_line(value) if isinstance(value, str) else ""
