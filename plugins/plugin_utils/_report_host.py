# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One host as the report sees it: its facts, or why there are none (P12.1)."""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import _plain as take
from ._report_due import Entry, plan_of, zone_of

SCHEMA = 1


@dataclasses.dataclass(frozen=True)
class Source:
    name: str
    engine: str
    description: str
    target: str
    media: tuple[str, ...]
    encryption: str
    recipients: int | None
    plan: tuple[Entry, ...]
    each: bool


@dataclasses.dataclass(frozen=True)
class Host:
    """``problem`` says why ``facts`` are empty; ``zone`` is UTC where the named one is unknown here."""

    name: str
    reached: bool
    unreachable: bool
    problem: str
    building: str
    zone: dt.tzinfo
    zone_known: bool
    window_end: str
    generated: dt.datetime | None
    sources: tuple[Source, ...]
    runs: tuple[dict[str, t.Any], ...]
    sets: tuple[dict[str, t.Any], ...]
    media: t.Mapping[str, dict[str, t.Any]]
    facts: dict[str, t.Any]


def read(data: t.Any, zone: str) -> Host:
    """A host from what the gathering handed over.

    Either ``{host, facts, unreachable, problem, building, sources}``, where
    ``sources`` are the inventory's for a host that could not be asked, or the
    bare facts.
    """
    outer = data if isinstance(data, dict) else {}
    facts = outer if "journal" in outer or "runs" in outer else take.mapping(outer, "facts")
    problem = take.text(outer, "problem")
    if facts and facts.get("schema") != SCHEMA:
        problem, facts = problem or f"facts of schema {take.text(facts, 'schema', '?')}, not {SCHEMA}", {}
    reached = bool(facts) and not problem
    facts = facts if reached else {}
    planned = facts if reached else outer
    named = take.text(facts, "zone") or zone
    known = zone_of(named) if named else None
    return Host(
        name=take.text(outer, "host") or take.text(facts, "host") or "?",
        reached=reached,
        unreachable=not reached and take.flag(outer, "unreachable"),
        problem="" if reached else problem,
        building=take.text(planned, "building"),
        zone=known or dt.timezone.utc,
        zone_known=known is not None,
        window_end=take.text(facts, "window_end", "06:00"),
        generated=take.moment(facts.get("generated")),
        sources=tuple(_source(item) for item in take.mappings(planned, "sources")),
        runs=tuple(_newest_first(take.mappings(facts, "runs"), "started")),
        sets=tuple(take.mappings(facts, "sets")),
        media={take.text(item, "name"): item for item in take.mappings(facts, "media")},
        facts=facts,
    )


def _source(data: dict[str, t.Any]) -> Source:
    return Source(
        name=take.text(data, "name", "?"),
        engine=take.text(data, "engine"),
        description=take.text(data, "description"),
        target=take.text(data, "target"),
        media=tuple(take.texts(data, "media")),
        encryption=take.text(data, "encryption"),
        recipients=take.count(data, "recipients"),
        plan=tuple(plan_of(data)),
        each=take.flag(data, "each"),
    )


def _newest_first(items: list[dict[str, t.Any]], key: str) -> list[dict[str, t.Any]]:
    return sorted(items, key=lambda item: take.iso(take.moment(item.get(key))), reverse=True)
