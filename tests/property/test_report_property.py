# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any facts give a report: nothing raises, counts add up, success is never invented, no word gets loose."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import typing as t
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import facts_factory as make
from tests.support.facts_factory import NIGHT
from tests.support.pages import Page

from ansible_collections.nusantara.backup.plugins.plugin_utils import _plain, _render, _report

TEMPLATES = [str(Path(__file__).parents[2] / "roles" / "backup_report" / "templates")]
NAMES = ["SIMPEG", "Presensi", "Keuangan"]
OUTCOMES = ["success", "failed", "interrupted", "running"]
WORDS = st.one_of(
    st.sampled_from(["<script>x</script>", "{{ 7*7 }}", "=cmd()", "\x1b[2J", "a b"]), st.text(max_size=12)
)
COPIES = ["verified", "unchanged", "failed"]
NIGHTS = st.integers(0, 40).map(lambda back: NIGHT - dt.timedelta(days=back))
PLANS = st.one_of(
    st.just(make.plan()),
    st.sampled_from(["friday", "saturday"]).map(lambda day: make.plan("weekly", "F", day)),
    st.sampled_from(["last", "20", "1"]).map(lambda day: make.plan("monthly", "F", day)),
    st.just(make.plan("incidental")),
)


@st.composite
def runs(draw: st.DrawFn) -> dict[str, t.Any]:
    outcome, night = draw(st.sampled_from(OUTCOMES)), draw(NIGHTS)
    end = make.slot_of(night, "Asia/Jakarta")
    copies = [
        make.copy(name, draw(st.sampled_from(["A", "B", ""])), end, outcome=draw(st.sampled_from(COPIES)))
        for name in draw(st.lists(st.sampled_from(["internal", "gedung-b", "lain"]), unique=True))
    ]
    changes: dict[str, t.Any] = {
        "outcome": outcome,
        "copies": copies,
        "delay": draw(st.integers(0, 30_000)),
        "late": draw(st.booleans()),
        "plausible": draw(st.booleans()),
        "mode": draw(st.sampled_from(["scheduled", "incidental"])),
        "seconds": draw(st.one_of(st.none(), st.floats(0, 1e6))),
        "stored_bytes": draw(st.one_of(st.none(), st.integers(0, 10**13))),
        "findings": draw(
            st.lists(WORDS.map(lambda word: dict.fromkeys(("code", "level", "message"), word)), max_size=2)
        ),
    }
    if outcome != "success":
        changes["error"] = {key: draw(WORDS) for key in ("code", "message", "remedy", "detail")}
    return make.run(draw(st.sampled_from([*NAMES, "Lama"])), night, **changes)


@st.composite
def hosts(draw: st.DrawFn) -> dict[str, t.Any]:
    name = draw(st.one_of(st.sampled_from(["db1", "db2"]), WORDS))
    sources = [
        make.source(
            item,
            *draw(st.lists(PLANS, min_size=1, max_size=3)),
            each=draw(st.booleans()),
            description=draw(WORDS),
            encryption=draw(st.sampled_from(["age", "none"])),
        )
        for item in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]
    if draw(st.integers(0, 4)) == 0:
        return make.unreachable(name, *sources, problem=draw(WORDS))
    return make.host_with(
        *draw(st.lists(runs(), max_size=6)),
        sources=sources or [make.source("Lain")],
        host=name,
        zone=draw(st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "Europe/Berlin"])),
        building=draw(st.sampled_from(["A", "B", ""])),
        unknown=draw(st.lists(WORDS, max_size=2)),
        verified=draw(st.one_of(st.none(), st.just({"at": "2026-11-20T20:00:00Z", "sets": 1, "problems": 0}))),
    )


SITES = st.lists(hosts(), min_size=1, max_size=3)
GENERATED = st.sampled_from([f"2026-11-2{hour}Z" for hour in ("0T16:59:59", "0T18:00:00", "1T00:10:00", "9T12:00:00")])
JUNK = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)),
    max_leaves=6,
)


def distinct(site: list[t.Any]) -> list[t.Any]:
    """An inventory names a host once."""
    return list({told(item["host"]).casefold(): item for item in site}.values())


def told(name: str) -> str:
    return _plain.one_line(_plain.clean(name)) or "?"


def build(site: list[t.Any], **options: t.Any) -> dict[str, t.Any]:
    return _report.build(site, _report.Options(history_nights=7, **options))


@settings(max_examples=60)
@given(SITES, GENERATED, st.sampled_from(["id", "en"]))
def test_any_site_renders_and_counts_add_up(site: list[t.Any], generated: str, language: str) -> None:
    model = build(site, generated=generated, language=language)
    summary = model["summary"]
    assert sum(summary["counts"].values()) == len(model["rows"])
    assert summary["lines"] == len(model["rows"]) - summary["counts"]["not_due"]
    assert summary["problems"] == sum(row["problem"] for row in model["rows"])
    open_still = summary["counts"]["running"] + summary["counts"]["pending"]
    assert summary["success"] + summary["problems"] + open_still == summary["lines"]
    assert (summary["verdict"] == "failed") >= bool(summary["problems"])
    assert json.loads(_render.render(model, "json")) == model
    assert len(list(csv.reader(io.StringIO(_render.render(model, "csv"))))) == len(model["rows"]) + 1
    assert len(_render.render(model, "txt").splitlines()) <= 24
    text = _render.render(model, "html", TEMPLATES)
    page = Page(text)
    assert page.problems == [] and page.loads == [] and page.handlers == [] and "script" not in page.tags
    assert len(page.ids) == len(set(page.ids))


@settings(max_examples=80)
@given(SITES)
def test_promise_1_success_is_said_only_of_a_success_with_all_its_copies(site: list[t.Any]) -> None:
    model = build(distinct(site), generated="2026-11-21T00:10:00Z", night=NIGHT.isoformat())
    for row in model["rows"]:
        if row["status"] != "success":
            continue
        host = next(item for item in distinct(site) if told(item["host"]) == row["host"])
        tries = [run for run in host["runs"] if run["source"] == row["source"] and run["night"] == row["night"]]
        assert any(run["outcome"] == "success" and run["started"] == row["started"] for run in tries)
        assert not row["copies_missing"]


@settings(max_examples=40)
@given(SITES, st.randoms(use_true_random=False))
def test_the_order_of_hosts_does_not_matter(site: list[t.Any], shuffle: t.Any) -> None:
    unique = distinct(site)
    mixed = list(unique)
    shuffle.shuffle(mixed)
    options = {"generated": "2026-11-21T00:10:00Z", "zone": "Asia/Jakarta"}
    assert build(unique, **options)["rows"] == build(mixed, **options)["rows"]


@settings(max_examples=80)
@given(st.data())
def test_broken_facts_never_hide_the_other_hosts(data: st.DataObject) -> None:
    """A host that lies about the form of its facts may spoil its own lines, never the report."""
    bad = make.host_with(make.run("SIMPEG"), make.failed("Presensi"))
    for _time in range(data.draw(st.integers(1, 3))):
        place: t.Any = bad
        for _depth in range(data.draw(st.integers(0, 3))):
            items = place.items() if isinstance(place, dict) else enumerate(place)
            keys = [key for key, value in items if value and isinstance(value, (dict, list))]
            if not keys:
                break
            place = place[data.draw(st.sampled_from(keys))]
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        place[key] = data.draw(JUNK)
    bad = bad if isinstance(bad.get("host"), str) else {**bad, "host": "db1"}
    good = make.host_with(make.run("Situs"), host="web1")
    model = build([good, bad], generated="2026-11-21T00:10:00Z", zone="Asia/Jakarta")
    assert [row["status"] for row in model["rows"] if row["host"] == "web1"] == ["success"]
    for form in _render.FORMATS:
        assert _render.render(model, form, TEMPLATES).encode("utf-8")
