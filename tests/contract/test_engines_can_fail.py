# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each promise of the engines' suite is broken once by an engine that does not keep it, and the suite must notice."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import sqlite3
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, Finding
from ansible_collections.nusantara.backup.plugins.module_utils._base._reader import Problems, Reader
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import (
    Context,
    Engine,
    Inventory,
    Probe,
    Session,
    Stream,
)
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES
from ansible_collections.nusantara.backup.plugins.module_utils._engines._sqlite import SqliteEngine

from . import test_engines
from .engine_cases._sqlite import SqliteCase
from .promises import PROMISES

pytestmark = pytest.mark.debian13
NAME = "rusak"
NOTICED = (AssertionError, EngineError, PermissionError, pytest.fail.Exception)


class BrokenCase(SqliteCase):
    name = NAME


class Blind:
    """Never saw an end that it did not like."""

    def feed(self, chunk: t.Any) -> None:
        pass

    def finish(self) -> None:
        pass


class Impatient:
    """Knows the end only when few chunks come."""

    def __init__(self) -> None:
        self._chunks = 0

    def feed(self, chunk: t.Any) -> None:
        self._chunks += 1

    def finish(self) -> None:
        if self._chunks > 50:
            raise EngineError("too many chunks", "use larger ones", code="engine.incomplete")


def _same(value: t.Any) -> t.Any:
    return value


@dataclasses.dataclass
class Broken:
    """The engine of SQLite, whole but for what is given."""

    parse: t.Callable[[Reader], t.Any] = SqliteEngine().parse
    probe: t.Callable[[t.Any, Context], Probe] = SqliteEngine().probe
    before: t.Callable[[t.Any], t.Any] = _same
    stream: t.Callable[[Stream], Stream] = _same
    count: t.Callable[[Inventory], Inventory] = _same
    found: t.Sequence[Finding] = ()
    types: frozenset[str] = frozenset({"F"})
    name: str = NAME

    def describe(self, options: t.Any) -> str:
        return SqliteEngine().describe(options)

    @contextlib.contextmanager
    def open(self, options: t.Any, probe: Probe, context: Context) -> t.Iterator[Session]:
        self.before(options)
        with SqliteEngine().open(options, probe, context) as session:
            yield BrokenSession(self, session)


class BrokenSession:
    def __init__(self, engine: Broken, session: Session) -> None:
        self._engine = engine
        self._session = session

    def streams(self) -> t.Iterator[Stream]:
        return map(self._engine.stream, self._session.streams())

    def inventory(self) -> Inventory:
        return self._engine.count(self._session.inventory())

    def findings(self) -> t.Sequence[Finding]:
        return [*self._session.findings(), *self._engine.found]


def _lose_a_row(stream: Stream) -> Stream:
    with contextlib.closing(sqlite3.connect(stream.file)) as connection:
        table = "besar" if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'besar'").fetchone() else "kode"
        connection.execute(f"DELETE FROM {table} WHERE rowid = 77" if table == "besar" else "DELETE FROM kode")
        connection.commit()
    return stream


def _other_digests(inventory: Inventory) -> Inventory:
    objects = [dataclasses.replace(item, digest=item.digest and os.urandom(4).hex()) for item in inventory.objects]
    return dataclasses.replace(inventory, objects=tuple(objects))


def _written(options: t.Any) -> None:
    with open(options.path, "r+b") as file:
        file.write(b"SQLite")


def _half_a_name(reader: Reader) -> t.Any:
    cut = {key: value.rpartition("/")[0] + "/with" for key, value in reader.data.items()}
    return SqliteEngine().parse(Reader(cut, "source", Problems()))


BLIND = Broken(stream=lambda stream: dataclasses.replace(stream, end_check=Blind()))
SABOTAGE: t.Mapping[str, tuple[Broken, tuple[t.Any, ...]]] = {
    "test_registered_under_its_name_with_full_backups": (Broken(types=frozenset({"D"})), ()),
    "test_round_trip_of_every_kind_of_content": (Broken(stream=_lose_a_row), ()),
    "test_restored_copy_has_the_inventory_of_the_dump": (Broken(count=_other_digests), ()),
    "test_round_trip_of_hostile_names": (Broken(parse=_half_a_name), ("with space",)),
    "test_source_is_not_written_to": (Broken(before=_written), ()),
    "test_needs_no_more_than_reading": (Broken(before=_written), ()),
    "test_probe_knows_version_and_size": (Broken(probe=lambda _options, _context: Probe("1", 5, tools={"a": "1"})), ()),
    "test_version_is_one_of_those_named": (Broken(probe=lambda _options, _context: Probe("3.4", 5)), ()),
    "test_inventory_is_exact_and_the_same_twice": (Broken(count=_other_digests), ("digests",)),
    "test_findings_can_be_told": (Broken(found=[Finding("engine.x", ERROR, "x", "x", "x")]), ()),
    "test_end_check_takes_any_chunks": (
        Broken(stream=lambda stream: dataclasses.replace(stream, end_check=Impatient())),
        (),
    ),
    "test_end_check_refuses_every_truncation": (BLIND, ()),
    "test_end_check_refuses_what_is_appended": (BLIND, ()),
    "test_judge_decides_by_status_and_words": (
        Broken(stream=lambda stream: dataclasses.replace(stream, judge=lambda _status, _said: [])),
        (),
    ),
    "test_streams_say_how_they_are_restored": (
        Broken(stream=lambda stream: dataclasses.replace(stream, restore=("no-such-program",))),
        (),
    ),
    "test_missing_source_is_told_by_name": (Broken(probe=lambda _options, _context: Probe("1", 5)), ()),
    "test_bad_options_are_refused_with_their_path": (
        Broken(parse=lambda _reader: None),
        SqliteCase.bad_options[0],
    ),
}


def test_every_promise_is_broken_once() -> None:
    assert set(SABOTAGE) == set(PROMISES)


@pytest.mark.parametrize("promise", SABOTAGE)
def test_a_broken_promise_is_noticed(promise: str, place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, row = SABOTAGE[promise]
    with pytest.raises(NOTICED):
        _try(promise, engine, row, place, monkeypatch)


@pytest.mark.parametrize("promise", SABOTAGE)
def test_a_promise_that_is_kept_passes(promise: str, place: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _try(promise, Broken(), SABOTAGE[promise][1], place, monkeypatch)


def _try(
    promise: str, engine: Engine, row: tuple[t.Any, ...], place: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, NAME, engine)
    test = getattr(test_engines, promise)
    if "place" in test.__annotations__:
        test(BrokenCase(), *row, place)
    else:
        test(BrokenCase(), *row)
