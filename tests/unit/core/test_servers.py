# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""K1: databases that a server has and no source names; and none that a source does name."""

from __future__ import annotations

import types
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import WARNING
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import PlanEntry, Protection, Source
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import Children
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import Context, Planned, Probe
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES
from ansible_collections.nusantara.backup.plugins.module_utils._run import _servers
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site

ALL = ("a", "b", "c", "new")


class OtherServer:
    """An engine of servers; its options are what it plans."""

    def planned(self, options: Planned) -> Planned:
        return options


@pytest.fixture(autouse=True)
def _engines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the real ones, another engine of servers, and one that cannot say what it plans."""
    more = {"other": OtherServer(), "mute": types.SimpleNamespace()}
    monkeypatch.setattr(_servers, "ENGINES", {**ENGINES, **more})


def source(name: str, engine: str = "postgresql", **options: t.Any) -> Source:
    if engine == "postgresql":
        entry = {"name": name, "engine": engine, "host": "h", **options}
        (made,) = parse_site({"encryption": "none", "sources": [entry]}).sources
        return made
    plan = Planned(**options) if engine == "other" else None
    return Source(name, engine, plan, (PlanEntry("F", "daily"),), (), Protection())


def seen(*selected: str, server: str = "h:5432", every: t.Sequence[str] = ALL, less: t.Sequence[str] = ()) -> Probe:
    return Probe("15", 1, server=server, databases=tuple(every), selected=selected, excluded=tuple(less))


def names(sources: t.Sequence[Source], probes: t.Mapping[str, Probe]) -> list[str]:
    return [item["database"] for item in _servers.unplanned(sources, probes)]


def test_k1_a_database_that_no_source_names_is_found() -> None:
    sources = [
        source("One", database="a"),
        source("Two", databases="all", exclude=["c"]),
        source("Other", host="i", database="x"),
        source("Maria", "other", server="h:5432", databases=("new",)),
        source("None", "mute"),
    ]
    probes = {
        "One": seen("a"),
        "Two": seen("b", less=["c"]),
        "Other": seen(server="i:5432", every=["a"]),
        "Maria": seen("new", every=["new"]),
        "None": Probe("3", 1, databases=("x",)),
    }
    items = _servers.unplanned(sources, probes)
    assert items == [
        {"engine": "postgresql", "server": "h:5432", "database": "new"},
        {"engine": "postgresql", "server": "i:5432", "database": "a"},
    ]
    first, _second = _servers.unplanned_findings(items)
    assert (first.code, first.level, first.params) == ("database.unplanned", WARNING, items[0])
    assert _servers.unplanned([], {}) == []


def test_k1_what_a_source_names_is_planned_though_it_could_not_be_seen() -> None:
    sources = [source("One", database="a"), source("Two", databases=["b", "c"])]
    assert names(sources, {"One": seen("a")}) == ["new"]
    assert names([sources[0], source("Two", host="i", databases=["b"])], {"One": seen("a")}) == ["b", "c", "new"]


def test_k1_nothing_is_guessed_of_a_server_whose_source_of_all_could_not_be_seen() -> None:
    every = source("Two", databases="all", exclude=["new"])
    assert names([source("One", database="a"), every], {"One": seen("a")}) == []
    elsewhere = {"One": seen("a"), "Other": seen("x", server="i:5432", every=["x", "y"])}
    assert names([source("One", database="a"), every, source("Other", host="i", database="x")], elsewhere) == ["y"]


def test_k1_the_same_holds_for_every_engine_of_servers() -> None:
    one = source("One", "other", server="s", databases=("a",))
    named, every = (source("Two", "other", server="s", **plan) for plan in ({"databases": ("b",)}, {"every": True}))
    probes = {"One": seen("a", server="s")}
    assert names([one, named], probes) == ["c", "new"]
    assert names([one, every], probes) == []
    assert names([one, source("Pg", host="s", databases="all")], probes) == ["b", "c", "new"], "another kind of server"


def test_k1_nothing_is_guessed_where_an_engine_cannot_say_what_it_plans() -> None:
    one, two = source("One", "mute"), source("Two", "mute")
    assert names([one, two], {"One": seen("a", server="s")}) == []
    assert names([one, two], {"One": seen("a", server="s"), "Two": seen("b", server="s")}) == ["c", "new"]


def test_what_was_not_seen_is_told_and_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [source("One", database="a"), source("Two", database="b"), source("Three", database="c")]
    servers = _servers.Servers(sources)
    context = Context(Children(), "/nowhere")

    def probe(asked: Source, _context: Context) -> Probe:
        if asked.name == "Two":
            raise EngineError("It is down", "Start it")
        return seen(*asked.options.databases)

    monkeypatch.setattr(_servers, "probe_source", probe)
    assert servers.look(sources[0], context) == seen("a")
    with pytest.raises(EngineError):
        servers.look(sources[1], context)
    assert [left.name for left in servers.unasked()] == ["Three"]
    servers.missed(sources[2], OSError("No space"))
    assert servers.unasked() == []
    assert servers.not_seen() == ["Two: It is down. Start it.", "Three: No space"]
    assert [item["database"] for item in servers.unplanned()] == ["new"]
