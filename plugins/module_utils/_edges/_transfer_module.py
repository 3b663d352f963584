# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and work of the module ``backup_transfer``."""

from __future__ import annotations

import typing as t

from .._base._clock import Clock
from .._base._errors import ConfigError, MediumError
from .._base._model import Medium
from .._base._owner import refuse_mixed_owners
from .._base._process import Children
from .._base._reader import Problems, Reader, shown
from .._copies._transfer import Copy, SetRef, Transfer
from .._media._registry import MEDIA
from .._sets._receipts import VERIFIED, is_medium_name
from .._sets._scan import found_sets, newest_of_each
from .._sets._signers import opened
from ._paths import refuse_odd_paths


def argument_spec() -> dict[str, t.Any]:
    medium = {
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": sorted(MEDIA), "default": "disk"},
        "path": {"type": "path", "required": True},
        "building": {"type": "str", "default": ""},
    }
    return {
        "store": {"type": "path", "default": "/var/backups/nusantara"},
        "state": {"type": "path", "default": "/var/lib/nusantara-backup"},
        "sources": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "list", "elements": "str", "default": []},
        "newest": {"type": "bool", "default": True},
        "media": {"type": "list", "elements": "dict", "required": True, "options": medium},
        "signing_key": {"type": "path", "no_log": False},
        "allowed_signers": {"type": "path"},
        "host": {"type": "str", "default": ""},
    }


def transfer_result(params: t.Mapping[str, t.Any], *, check_mode: bool) -> dict[str, t.Any]:
    """The result of the module; ``failed`` with ``msg`` and ``problems`` when a copy did not come to be."""
    refuse_odd_paths(params, "store", "state", "allowed_signers", "signing_key")
    media = _media(params["media"])
    store, state = params["store"], params["state"]
    refuse_mixed_owners(store, state)
    refs = _selected(store, params["sources"], params["names"], newest=params["newest"])
    with Children() as children:
        key, allowed = params["signing_key"] or "", params["allowed_signers"] or ""
        with opened(allowed, key, params["host"], children) as signers:
            transfer = Transfer(store, state, Clock(), signers)
            if check_mode:
                return _planned([one for ref in refs for one in transfer.plan(ref, media)])
            return _done([copy for ref in refs for copy in transfer.copy(ref, media)])


def _media(given: t.Sequence[t.Any]) -> list[Medium]:
    problems = Problems()
    media = []
    for number, entry in enumerate(given):
        reader = Reader(entry, f"media[{number}]", problems)
        media.append(
            Medium(
                name=reader.text("name", check=_medium_name),
                kind=reader.choice("kind", sorted(MEDIA)),
                path=reader.path_of("path"),
                building=reader.text("building", ""),
            )
        )
    if not media:
        problems.add("media", "must name at least one medium")
    if len({medium.name.casefold() for medium in media}) != len(media):
        problems.add("media", "names a medium twice")
    if problems.found:
        raise ConfigError(problems.found)
    return media


def _medium_name(text: str) -> str:
    if not is_medium_name(text):
        raise ValueError(f"{shown(text)} must be 1 to 64 letters, digits, '.', '_' and '-'")
    return text


def _selected(store: str, sources: t.Sequence[str], names: t.Sequence[str], *, newest: bool) -> list[SetRef]:
    found = list(found_sets(store, sources))
    if names:
        absent = sorted(set(names) - {entry.name for entry in found})
        if absent:
            raise MediumError(
                f"The store {store} has no set {', '.join(shown(name) for name in absent)}",
                "See the names with backup_facts",
                code="store.no_set",
            )
        found = [entry for entry in found if entry.name in names]
    elif newest:
        found = newest_of_each(found)
    absent = sorted(set(sources) - {entry.source for entry in found})
    if absent:
        raise MediumError(
            f"The store {store} has no set of {', '.join(shown(name) for name in absent)}",
            "See whether the source was ever backed up, and its name",
            code="store.no_set",
        )
    return [SetRef(entry.source, entry.name) for entry in sorted(found, key=lambda entry: (entry.source, entry.order))]


def _planned(plan: list[dict[str, str]]) -> dict[str, t.Any]:
    refused = [entry["problem"] for entry in plan if entry["action"] == "refuse"]
    return _result([], plan, any(entry["action"] == "copy" for entry in plan), refused)


def _done(copies: list[Copy]) -> dict[str, t.Any]:
    changed = any(copy.receipt is not None and copy.receipt.outcome == VERIFIED for copy in copies)
    problems = [f"{copy.ref.name} to {copy.medium.name}: {copy.error}" for copy in copies if copy.error is not None]
    told = [{"source": copy.ref.source, **copy.as_event()} for copy in copies]
    return _result(told, [], changed, problems)


def _result(copies: list[t.Any], plan: list[t.Any], changed: bool, problems: list[str]) -> dict[str, t.Any]:
    result: dict[str, t.Any] = {"changed": changed, "copies": copies, "plan": plan, "problems": problems}
    if problems:
        more = f" And {len(problems) - 1} more." if len(problems) > 1 else ""
        result.update(failed=True, msg=problems[0] + more)
    return result
