# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic behind ``make bench``: a missed figure must be called missed."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.benchmarks import bench_small, bench_store, page
from tests.benchmarks.ledger import DISK, ENGINES, THREADS, Ledger
from tests.benchmarks.measure import Pairs, Row, Side, in_turn
from tests.benchmarks.runner import Host

# One slow round on either side must not decide: that is what the median is for.
PAIRS = Pairs(ours=(1.0, 1.1, 9.0), theirs=(1.0, 1.0, 1.0))


@pytest.mark.parametrize(("limit", "verdict"), [(1.1, "reached"), (1.09, "missed"), (None, "for information")])
def test_time_is_judged_by_the_medians(limit: float | None, verdict: str) -> None:
    row = PAIRS.at_most("dump", limit)
    assert (row.verdict, row.measured, row.spread) == (verdict, "1.10 times", "1.00 to 9.00")


@pytest.mark.parametrize(("limit", "verdict"), [(0.9, "reached"), (0.92, "missed"), (None, "for information")])
def test_speed_is_the_other_way_round(limit: float | None, verdict: str) -> None:
    assert PAIRS.speed_at_least("verification", limit).verdict == verdict


@pytest.mark.parametrize(("peak", "verdict"), [(64.0, "reached"), (64.1, "missed")])
def test_memory_has_a_limit(peak: float, verdict: str) -> None:
    assert bench_store.memory_row("memory", peak, "").verdict == verdict


def test_sides_run_in_turn_and_take_turns_to_begin() -> None:
    seen: list[str] = []
    ours = Side("ours", lambda: seen.append("ours"), lambda: seen.append("clear"))
    theirs = Side("theirs", lambda: seen.append("theirs"))
    pairs = in_turn(ours, theirs, 2)
    assert seen == ["theirs", "clear", "ours", "clear", "ours", "theirs"]
    assert (len(pairs.ours), len(pairs.theirs)) == (2, 2)


def test_only_the_measured_part_of_the_page_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aim = tmp_path / "benchmarks.md"
    aim.write_text("# Before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nAfter\n", encoding="utf-8")
    monkeypatch.setattr(page, "PAGE", aim)
    monkeypatch.setattr(page, "run", lambda *_command: "tool 1.2.3")
    now = page.Machine(datetime.datetime(2026, 11, 20, tzinfo=datetime.timezone.utc), (0.5, 1.0))
    page.write([Row("a dump", "at most 1 times", "2.00 times", "", False)], now, now, 1000, 5)
    text = aim.read_text(encoding="utf-8")
    assert text.startswith("# Before\n") and text.endswith("\nAfter\n")
    assert "old" not in text and "| a dump " in text and "missed" in text
    page.write([Row("a copy", "none", "1.00 times", "", None, "x")], now, now, 1000, 5, groups=("store",))
    page.write([Row("a copy", "none", "3.00 times", "", None, "x")], now, now, 1000, 5, groups=("store",))
    text = aim.read_text(encoding="utf-8")
    assert text.count("| a dump ") == text.count("2.00 times") == text.count("| a copy ") == 1
    assert "3.00 times" in text and "1.00 times" not in text and "missed" in text and "In this run: store." in text


SPANS = {
    "an engine": ({"MainThread": [(ENGINES, 1.0, 3.0), (ENGINES, 2.0, 4.0)]}, {ENGINES: 3.0, DISK: 0.0}),
    "both at once": ({"MainThread": [(ENGINES, 1.0, 3.0)], "store": [(DISK, 1.0, 9.0)]}, {ENGINES: 2.0, DISK: 0.0}),
    "a thread that flushes": (
        {"MainThread": [(THREADS, 0.0, 5.0)], "medium-nas": [(DISK, 1.0, 2.0), (DISK, 4.0, 7.0)]},
        {ENGINES: 0.0, DISK: 2.0},
    ),
    "a thread that works": ({"MainThread": [(THREADS, 0.0, 5.0)]}, {ENGINES: 0.0, DISK: 0.0}),
    "a thread beside our work": ({"store": [(ENGINES, 0.0, 5.0)]}, {ENGINES: 0.0, DISK: 0.0}),
}


@pytest.mark.parametrize(("spans", "waited"), SPANS.values(), ids=SPANS)
def test_what_is_not_our_own_time(spans: dict[str, list[tuple[str, float, float]]], waited: dict[str, float]) -> None:
    """Only what the main thread waits for, itself or by a thread of ours that waits."""
    ledger = Ledger()
    ledger._spans.update(spans)
    assert ledger.waited() == waited


@pytest.mark.parametrize(("own", "verdict"), [((1.4, 1.5, 9.0), "reached"), ((1.4, 1.51, 1.6), "missed")])
def test_our_own_time_has_a_limit(own: tuple[float, ...], verdict: str, tmp_path: Path) -> None:
    night = bench_small.Night(Host(tmp_path, []), [])
    night.waits += [{"whole": 2.0, "own": one, "engines": 0.1, "disk": 0.2} for one in own]
    assert night.own_row("twenty").verdict == verdict
