# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the copies of a backup lie: media, buildings, and the rule of a separate building (S7)."""

from __future__ import annotations

import typing as t

from . import _plain as take
from ._report_host import Host, Source

Copy = dict[str, t.Any]
VERIFIED = ("verified", "unchanged")


def copies_of(
    host: Host, source: Source, run: dict[str, t.Any], backup: dict[str, t.Any]
) -> tuple[list[Copy], list[str]]:
    """One entry for each medium, and the media of the source that hold no verified copy.

    A copy counts when the run's receipt or the set's list says that it was
    read back there. The last word is the newest: a medium tried in this run
    stands as the run left it, unless the set was copied there later.
    """
    found: dict[str, Copy] = {}
    for item in take.mappings(backup, "copies"):
        found[take.text(item, "medium", "?")] = _copy(host, item, "verified")
    for item in take.mappings(run, "copies"):
        name = take.text(item, "medium", "?")
        tried = _copy(host, item, take.text(item, "outcome", "failed"))
        if name not in found or tried["at"] >= found[name]["at"]:
            found[name] = tried
    done = {name for name, item in found.items() if item["outcome"] in VERIFIED}
    ordered = [*source.media, *sorted(set(found) - set(source.media))]
    return [found[name] for name in ordered if name in found], [name for name in source.media if name not in done]


def spread(row: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """How well one backup is spread: the 3-2-1 rule of thumb, and S7.

    ``elsewhere`` is None where a building is not named and nobody can tell.
    """
    done = [item for item in row["copies"] if item["outcome"] in VERIFIED]
    buildings = {item["building"].casefold() for item in done if item["building"]}
    home = row["building"].casefold()
    elsewhere: bool | None = bool(buildings - {home})
    if not elsewhere and (not home or any(not item["building"] for item in done)):
        elsewhere = None
    if not home:
        elsewhere = None
    kinds = {item["kind"] or "disk" for item in done} | {"disk"}
    copies = len(done) + 1
    met = copies >= 3 and len(kinds) >= 2 and elsewhere is True
    return {"copies": copies, "kinds": len(kinds), "elsewhere": elsewhere, "three_two_one": met}


def _copy(host: Host, item: dict[str, t.Any], outcome: str) -> Copy:
    name = take.text(item, "medium", "?")
    medium = host.media.get(name, {})
    error = take.mapping(item, "error")
    return {
        "medium": name,
        "kind": take.text(medium, "kind"),
        "building": take.text(item, "building") or take.text(medium, "building"),
        "outcome": outcome if outcome in VERIFIED else "failed",
        "at": take.iso(take.moment(item.get("at"))),
        "seconds": take.number(item, "seconds"),
        "error": {key: take.text(error, key) for key in ("code", "message", "remedy")} if error else None,
    }
