# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every engine promises, tried on each in the same way."""

from __future__ import annotations

import copy
import json
import os
import pathlib
import pwd
import random
import re
import shutil
import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._base._findings import ERROR, INFO, WARNING
from ansible_collections.nusantara.backup.plugins.module_utils._engines._base import EndCheck, Inventory
from ansible_collections.nusantara.backup.plugins.module_utils._engines._registry import ENGINES

from .engine_cases import CASES
from .engine_cases._case import Dumped, EngineCase
from .engine_driver import debian, dump, parsed, problems_of, working
from .promises import promise


def test_every_engine_is_in_the_suite() -> None:
    assert sorted(case.name for case in CASES) == sorted(ENGINES)


@promise("It is registered under its name and makes full backups.")
def test_registered_under_its_name_with_full_backups(case: EngineCase) -> None:
    engine = ENGINES[case.name]
    assert engine.name == case.name
    assert "F" in engine.types
    assert engine.types <= {"F", "D", "I"}


@promise("Content of every kind that the engine has comes back by stock commands.")
def test_round_trip_of_every_kind_of_content(case: EngineCase, place: pathlib.Path) -> None:
    with case.full_source(place / "source") as source:
        before = source.content()
        with working() as context:
            made = dump(case.name, source.options, place / "plain", context)
        with source.restored(made.dumped, place / "restored") as copy:
            assert copy.content == before


@promise("What is restored has the rows and digests that the manifest says.")
def test_restored_copy_has_the_inventory_of_the_dump(case: EngineCase, place: pathlib.Path) -> None:
    with case.full_source(place / "source") as source:
        with working("digests") as context:
            made = dump(case.name, source.options, place / "plain", context)
        with source.restored(made.dumped, place / "restored") as copy, working("digests") as context:
            again = dump(case.name, copy.options, place / "again", context)
    assert any(item.digest for item in made.inventory.objects)
    assert _by_name(again.inventory) == _by_name(made.inventory)
    assert again.inventory.totals == made.inventory.totals


@promise("Sources with hostile names come back whole.", "name", lambda case: [(name,) for name in case.hostile_names])
def test_round_trip_of_hostile_names(case: EngineCase, name: str, place: pathlib.Path) -> None:
    with case.source(place / "source", name) as source:
        before = source.content()
        with working() as context:
            made = dump(case.name, source.options, place / "plain", context)
        with source.restored(made.dumped, place / "restored") as copy:
            assert copy.content == before


@promise("A dump changes nothing at the source.")
def test_source_is_not_written_to(case: EngineCase, place: pathlib.Path) -> None:
    with case.source(place / "source") as source:
        before = source.fingerprint()
        with working("digests") as context:
            dump(case.name, source.options, place / "plain", context)
        assert source.fingerprint() == before


@promise("Whoever may only read can dump.")
def test_needs_no_more_than_reading(case: EngineCase, place: pathlib.Path) -> None:
    with case.source(place / "source") as source, working() as context:
        for directory in (context.work, place / "plain"):
            os.chown(directory, *_stranger())
        with source.read_only():
            made = dump(case.name, source.options, place / "plain", context)
        assert {key: made.inventory.totals.get(key) for key in source.totals} == source.totals


@promise("Version, tools and size are known before the dump.")
def test_probe_knows_version_and_size(case: EngineCase, place: pathlib.Path) -> None:
    with case.source(place / "source") as source, working() as context:
        made = dump(case.name, source.options, place / "plain", context)
    size = sum(item.file.stat().st_size for item in made.dumped)
    assert made.probe.version
    assert made.probe.tools
    assert size / 3 <= made.probe.estimated_bytes <= size * 3 + (1 << 20)


@promise("The version at hand is one that the table of versions names.")
def test_version_is_one_of_those_named(case: EngineCase, place: pathlib.Path) -> None:
    engine = ENGINES[case.name]
    with case.source(place / "source") as source, working() as context:
        version = engine.probe(parsed(engine, source.options), context).version
    named = case.versions[debian()]
    assert re.search(rf"(?<![\d.]){re.escape(named)}(?!\d)", version), (
        f"{case.name} {version} is not named in the table"
    )


@promise(
    "The inventory is exact, and the same for the same content.",
    "depth",
    lambda _case: [("objects",), ("rows",), ("digests",)],
)
def test_inventory_is_exact_and_the_same_twice(case: EngineCase, depth: str, place: pathlib.Path) -> None:
    inventories = []
    with case.source(place / "source") as source:
        for _again in range(2):
            with working(depth) as context:
                inventories.append(dump(case.name, source.options, place / "plain", context).inventory)
    assert inventories[0] == inventories[1]
    assert inventories[0].exact
    if depth == "rows":
        assert {key: inventories[0].totals.get(key) for key in source.totals} == source.totals
    assert any(item.digest for item in inventories[0].objects) == (depth == "digests")


@promise("A sound source dumps without errors; every finding has a code and words.")
def test_findings_can_be_told(case: EngineCase, place: pathlib.Path) -> None:
    with case.source(place / "source") as source, working() as context:
        made = dump(case.name, source.options, place / "plain", context)
        for finding in made.findings:
            assert finding.level in {INFO, WARNING}
            assert finding.code
            assert finding.message
            json.dumps(finding.as_dict())
        said = ENGINES[case.name].describe(parsed(ENGINES[case.name], source.options))
    assert said
    assert said.isprintable()


@promise("The end of a dump is recognised however the stream is cut into chunks.")
def test_end_check_takes_any_chunks(case: EngineCase, place: pathlib.Path) -> None:
    for item in _dumped(case, place):
        data = memoryview(item.file.read_bytes())
        for size in (97, 512, 4097, len(data)):
            check = copy.deepcopy(item.fresh_check)
            for start in range(0, len(data), size):
                check.feed(data[start : start + size])
            check.finish()


@promise("A truncated dump is refused, wherever it was cut.")
def test_end_check_refuses_every_truncation(case: EngineCase, place: pathlib.Path) -> None:
    """Pitfall: a truncated file stands at its final name."""
    for item in _dumped(case, place):
        data = item.file.read_bytes()
        rng = random.Random(len(data))
        cuts = {0, 1, 16, 99, 100, 511, 512, 513, 1024, len(data) // 2}
        cuts |= {len(data) - less for less in (1, 2, 512, 1024, 4096)}
        cuts |= {rng.randrange(len(data)) for unused in range(150)}
        for cut in sorted(cut for cut in cuts if 0 <= cut < len(data)):
            _refused(item, data[:cut], f"cut at {cut} of {len(data)}")


@promise("A dump with something appended is refused.")
def test_end_check_refuses_what_is_appended(case: EngineCase, place: pathlib.Path) -> None:
    for item in _dumped(case, place):
        data = item.file.read_bytes()
        for more in (b"x", b"\0", bytes(512), bytes(65536), b"garbage" * 1000, data):
            _refused(item, data + more, f"{len(more)} bytes {more[:4]!r} appended")


@promise("Exit status and stderr of the dump both decide.")
def test_judge_decides_by_status_and_words(case: EngineCase, place: pathlib.Path) -> None:
    """Pitfall: warnings on stderr with exit 0; the dump's failure is hidden."""
    for item in _dumped(case, place):
        for status in (-9, -15, 1, 2, 127):
            with pytest.raises(EngineError) as caught:
                item.stream.judge(status, "something strange happened")
            assert caught.value.code.startswith("engine.")
            assert caught.value.remedy
        assert list(item.stream.judge(0, "")) == []
        found = item.stream.judge(0, "something strange happened")
        assert any(f.level in {WARNING, ERROR} and "something strange" in f.message for f in found)


@promise("Each file says by which stock command it is restored.")
def test_streams_say_how_they_are_restored(case: EngineCase, place: pathlib.Path) -> None:
    parts = set()
    for item in _dumped(case, place):
        stream = item.stream
        assert (stream.command is None) != (stream.file == "")
        assert stream.kind.isalnum()
        assert shutil.which(stream.restore[0])
        parts.add(stream.part)
    assert "" in parts


@promise("A source that is not there is an error that names it.")
def test_missing_source_is_told_by_name(case: EngineCase, place: pathlib.Path) -> None:
    engine = ENGINES[case.name]
    options = parsed(engine, case.missing(place))
    with working() as context:
        try:
            probe = engine.probe(options, context)
        except EngineError as problem:
            words = [str(problem)]
        else:
            words = [finding.message for finding in probe.findings if finding.level == ERROR]
            with pytest.raises(EngineError), engine.open(options, probe, context):
                pass
        assert os.listdir(context.work) == []
    assert any("nowhere" in word for word in words)


@promise("Wrong options are refused, each by its path.", "data, path", lambda case: case.bad_options)
def test_bad_options_are_refused_with_their_path(case: EngineCase, data: t.Mapping[str, t.Any], path: str) -> None:
    found = problems_of(ENGINES[case.name], data)
    assert any(problem.startswith(path + ":") for problem in found), found


def _by_name(inventory: Inventory) -> dict[tuple[str, str], tuple[t.Any, t.Any]]:
    """The objects without the database, for a copy may lie in another one."""
    return {(item.kind, item.name): (item.rows, item.digest) for item in inventory.objects}


def _dumped(case: EngineCase, place: pathlib.Path) -> tuple[Dumped, ...]:
    with case.source(place / "source") as source, working() as context:
        return dump(case.name, source.options, place / "plain", context).dumped


def _refused(item: Dumped, data: bytes, how: str) -> None:
    check = copy.deepcopy(item.fresh_check)
    with pytest.raises(EngineError) as caught:
        _feed_all(check, data, how)
    assert caught.value.code == "engine.incomplete", how


def _feed_all(check: EndCheck, data: bytes, how: str) -> None:
    check.feed(data)
    check.finish()
    pytest.fail(f"not refused: {how}")


def _stranger() -> tuple[int, int]:
    user = pwd.getpwnam("nobody")
    return (user.pw_uid, user.pw_gid) if os.geteuid() == 0 else (-1, -1)
