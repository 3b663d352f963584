# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the core that hold for every input: chains, plans, shell lines and what a terminal shows."""

from __future__ import annotations

import datetime as dt
import pathlib
import shlex
import tempfile
import typing as t

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.unit.core.test_plausible_preflight import attempts

from ansible_collections.nusantara.backup.plugins.module_utils._artifact._recipe import recipe
from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import JournalError
from ansible_collections.nusantara.backup.plugins.module_utils._base._model import (
    WEEKDAYS,
    PlanEntry,
    Protection,
    Source,
)
from ansible_collections.nusantara.backup.plugins.module_utils._base._process import STDERR_LIMIT, _Tail
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run._plausible import judge
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import due_entries
from ansible_collections.nusantara.backup.plugins.plugin_utils._run_display import printable, size

TEXT = st.text(max_size=20)
VALUES: st.SearchStrategy[t.Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=3)),
    max_leaves=6,
)


def journalled(directory: str, data: t.Sequence[dict[str, t.Any]]) -> Journal:
    journal = Journal(f"{directory}/journal.jsonl", Clock())
    for item in data:
        journal.append("event", item)
    return journal


@settings(max_examples=40)
@given(st.lists(st.dictionaries(TEXT, VALUES, max_size=3), max_size=4))
def test_a_journal_gives_back_what_was_written(data: list[dict[str, t.Any]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        reading = journalled(directory, data).read()
    assert reading.problem == ""
    assert [entry.data for entry in reading.entries] == data


@settings(max_examples=60)
@given(st.data())
def test_pitfall_a_changed_byte_of_a_journal_is_found(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as directory:
        journal = journalled(directory, [{"number": number, "text": "x" * number} for number in range(3)])
        path = pathlib.Path(journal.path)
        raw = bytearray(path.read_bytes())
        place = data.draw(st.integers(0, len(raw) - 1))
        change = data.draw(st.integers(1, 255))
        raw[place] ^= change
        before = journal.read()
        path.write_bytes(raw)
        after = journal.read()
        assert after.problem or after.entries == before.entries
        assert after.entries == before.entries[: len(after.entries)]
        if after.problem:
            line = bytes(raw[:place]).count(b"\n")
            assert len(after.entries) <= line


@settings(max_examples=60)
@given(st.integers(0, 600))
def test_a_journal_cut_anywhere_goes_on(cut: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        journal = journalled(directory, [{"number": number} for number in range(2)])
        path = pathlib.Path(journal.path)
        raw = path.read_bytes()
        assume(cut <= len(raw))
        path.write_bytes(raw[:cut])
        whole = raw[:cut].count(b"\n")
        journal.append("after", {})
        reading = journal.read()
        torn = cut and raw[cut - 1 : cut] != b"\n"
        assert reading.problem == ""
        assert len(reading.entries) == whole + (2 if torn else 1)


@settings(max_examples=60)
@given(st.binary(max_size=200))
def test_garbage_after_a_journal_is_refused_or_set_aside(garbage: bytes) -> None:
    with tempfile.TemporaryDirectory() as directory:
        journal = journalled(directory, [{"number": 1}])
        with open(journal.path, "ab") as stream:
            stream.write(garbage)
        try:
            journal.append("after", {})
        except JournalError as problem:
            assert problem.code == "journal.broken"
            assert b"\n" in garbage
        else:
            assert journal.read().problem == "" or b"\n" in garbage


ENTRIES = st.one_of(
    st.just(PlanEntry("F", "daily")),
    st.builds(PlanEntry, st.just("F"), st.just("weekly"), st.sampled_from(WEEKDAYS)),
    st.builds(PlanEntry, st.just("F"), st.just("monthly"), st.sampled_from(["last", *map(str, range(1, 29))])),
    st.just(PlanEntry("F", "incidental")),
)


@given(st.lists(ENTRIES, min_size=1, max_size=4), st.booleans(), st.dates(dt.date(1900, 1, 2), dt.date(9900, 12, 30)))
def test_p12_1_the_rarest_runs_and_each_runs_all(entries: list[PlanEntry], each: bool, night: dt.date) -> None:
    source = Source("A", "sqlite", None, tuple(entries), (), Protection(), each=each)
    due = due_entries(source, night)
    everything = due_entries(Source("A", "sqlite", None, tuple(entries), (), Protection(), each=True), night)
    order = ["monthly", "weekly", "daily"]
    ranks = [order.index(entry.frequency) for entry in everything]
    assert ranks == sorted(ranks)
    assert due == (everything if each else everything[:1])
    assert ("daily" in {entry.frequency for entry in entries}) <= bool(due)


@given(st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1), min_size=1, max_size=4))
def test_a_shell_reads_the_words_of_a_recipe_as_they_were(words: list[str]) -> None:
    assume(not any(token in word for word in words for token in ("{input}", "{target}")))
    line = recipe(Protection(), words)["use"]
    assert line.endswith(' < "$PLAIN"')
    assert shlex.split(line[: -len(' < "$PLAIN"')]) == words


@given(st.text())
def test_whatever_a_host_says_is_printable(text: str) -> None:
    assert printable(text).isprintable()
    assert len(printable(text)) == len(text)


@given(st.integers(0, 1 << 70))
def test_a_size_is_short(count: int) -> None:
    number, unit = size(count).split()
    assert 0 <= float(number) <= 1024 or unit == "TiB"


@given(st.lists(st.binary(max_size=40_000), max_size=12))
def test_kept_words_are_the_first_and_the_last(parts: list[bytes]) -> None:
    tail, whole = _Tail(), b"".join(part.replace(b"\n", b" ") or b"" for part in parts)
    for part in parts:
        tail.add(part.replace(b"\n", b" "))
    text = tail.text()
    if len(whole) <= STDERR_LIMIT:
        assert text == whole.decode("utf-8", "replace").strip()
    else:
        assert f"{len(whole) - STDERR_LIMIT} bytes left out" in text
        assert len(text.encode("utf-8", "replace")) <= 3 * STDERR_LIMIT + 100


@given(st.integers(0, 100), st.integers(0, 1 << 40), st.lists(st.integers(1, 1 << 40), max_size=9))
def test_a_dump_as_large_as_ever_is_plausible(smallest: int, got: int, past: list[int]) -> None:
    found = judge("A", "F", smallest, got, None, attempts(*past))
    assert not found or got < max(past)
    assert judge("A", "F", smallest, max([got, *past]), None, attempts(*past)) == []
