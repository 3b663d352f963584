# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sources of a site were seen to be, and the databases that no source names (K1)."""

from __future__ import annotations

import typing as t

from .._base._errors import BackupError
from .._base._findings import WARNING, Finding
from .._base._model import Source
from .._engines._base import Context, Planner, Probe
from .._engines._registry import ENGINES
from ._preflight import probe_source

Server = tuple[str, str]


class Servers:
    """Looks at sources, once each, and remembers what it saw and why it did not."""

    def __init__(self, sources: t.Sequence[Source]) -> None:
        self._sources = sources
        self._probes: dict[str, Probe] = {}
        self._not_seen: dict[str, str] = {}

    def look(self, source: Source, context: Context) -> Probe:
        """Probe a source; its error comes through as it is, and is remembered."""
        try:
            found = self._probes[source.name] = probe_source(source, context)
        except (BackupError, OSError) as problem:
            self.missed(source, problem)
            raise
        self._not_seen.pop(source.name, None)
        return found

    def missed(self, source: Source, why: Exception) -> None:
        """A source that could not be looked at, and why."""
        self._not_seen[source.name] = str(why)

    def unasked(self) -> list[Source]:
        """What was not looked at yet; what could not be seen is not asked again: it may take all of its time limit."""
        known = self._probes.keys() | self._not_seen.keys()
        return [source for source in self._sources if source.name not in known]

    def not_seen(self) -> list[str]:
        return [f"{source}: {why}" for source, why in self._not_seen.items()]

    def unplanned(self) -> list[dict[str, str]]:
        """Databases that a server has and no source names."""
        return unplanned(self._sources, self._probes)


def unplanned(sources: t.Sequence[Source], probes: t.Mapping[str, Probe]) -> list[dict[str, str]]:
    """Databases that a server has and no source names; ``probes`` by the names of the sources that were seen.

    What a source names is planned although it could not be seen. Where such a
    source plans all of a server, or its engine cannot say what it plans,
    nothing of that server is told: it would be a guess.
    """
    seen: dict[Server, set[str]] = {}
    named: dict[Server, set[str]] = {}
    covered: set[Server] = set()
    guessed: set[str] = set()
    for source in sources:
        engine, probe = ENGINES[source.engine], probes.get(source.name)
        if isinstance(engine, Planner):
            plan = engine.planned(source.options)
            named.setdefault((source.engine, plan.server), set()).update(plan.databases)
            if plan.every and probe is None:
                covered.add((source.engine, plan.server))
        elif probe is None:
            guessed.add(source.engine)
        if probe is not None and probe.server:
            server = source.engine, probe.server
            seen.setdefault(server, set()).update(probe.databases)
            named.setdefault(server, set()).update(probe.selected, probe.excluded)
    return [
        {"engine": engine, "server": server, "database": name}
        for (engine, server), names in sorted(seen.items())
        if (engine, server) not in covered and engine not in guessed
        for name in sorted(names - named[(engine, server)])
    ]


def unplanned_findings(items: t.Sequence[t.Mapping[str, str]]) -> list[Finding]:
    return [
        Finding(
            "database.unplanned",
            WARNING,
            item["database"],
            f"The database '{item['database']}' on {item['server']} is backed up by no source",
            "Add it to a source, or exclude it by name",
            dict(item),
        )
        for item in items
    ]
