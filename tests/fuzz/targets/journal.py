# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals, what is folded from them, and the facts and reports that tell it."""

from __future__ import annotations

import os
import typing as t

from hypothesis import strategies as st

from ansible_collections.nusantara.backup.plugins.module_utils._base._clock import Clock, parse_at
from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import JournalError
from ansible_collections.nusantara.backup.plugins.module_utils._base._printable import harmless
from ansible_collections.nusantara.backup.plugins.module_utils._record._facts import facts
from ansible_collections.nusantara.backup.plugins.module_utils._record._history import History, history_of, problems
from ansible_collections.nusantara.backup.plugins.module_utils._record._journal import Entry, Journal
from ansible_collections.nusantara.backup.plugins.module_utils._run._follow import follow
from ansible_collections.nusantara.backup.plugins.module_utils._run._plausible import judge, past_of
from ansible_collections.nusantara.backup.plugins.module_utils._run._progress import read_progress
from ansible_collections.nusantara.backup.plugins.module_utils._run._recover import recover
from ansible_collections.nusantara.backup.plugins.module_utils._run._runner import Runner
from ansible_collections.nusantara.backup.plugins.module_utils._site._config import parse_site
from ansible_collections.nusantara.backup.plugins.module_utils._site._plan import plan_jobs
from ansible_collections.nusantara.backup.plugins.plugin_utils import _run_display

from ..strategies.journal import JOURNALS, RUN
from ..strategies.store import build, stores
from ..strategies.text import ODD_JSON, TEXT
from ..target import Place, Target

NOW = Clock(parse_at("2026-11-21T00:10:00+07:00"))
ODD_PLACES = st.lists(
    st.tuples(
        st.sampled_from(
            [b"journal.jsonl", b"locks", b"runs", b"verified.json", b"receipts", b"locks/source-simpeg.lock"]
        ),
        st.sampled_from(["directory", "link", "loop", "dangling", "fifo", "socket", "closed", "empty"]),
        st.just(b""),
    ),
    max_size=2,
)


def _read(place: Place, raw: bytes) -> None:
    with place.fresh() as root:
        path = root / "journal.jsonl"
        path.write_bytes(raw)
        journal = Journal(str(path), NOW)
        seen: list[Entry] = []
        reading = journal.walk(seen.append)
        assert reading.count == len(seen) == len(journal.read().entries)
        assert reading.problem.isprintable() and len(reading.problem) < 500
        assert path.read_bytes() == raw, "who reads changes nothing"
        before = len(raw)
        journal.append("test", {"a": 1})
        after = journal.walk(seen.append)
        assert after.problem or after.count > reading.count
        assert os.path.getsize(path) > 0 or not before


def _believed(place: Place, raw: bytes) -> t.Any:
    with place.fresh() as root:
        (root / "journal.jsonl").write_bytes(raw)
        journal = Journal(str(root / "journal.jsonl"), NOW)
        try:
            history = history_of(journal)
        except JournalError:
            history = history_of(journal, believed=False)
        return _told(history)


def _told(history: History) -> t.Any:
    for attempt in history.attempts:
        problems(attempt)
        judge(attempt.source, "F", 50, 10, 10, history.of(attempt.source))
        history.success((attempt.source, attempt.night, attempt.frequency))
        history.lacks_copy(attempt.name, ["internal"])
    return [[attempt.as_dict() for attempt in history.attempts], list(history.unplanned)]


def _site(root: t.Any) -> t.Any:
    return parse_site(
        {
            "host": "db1",
            "store": str(root / "store"),
            "state": str(root / "state"),
            "encryption": "none",
            "sources": [{"name": "SIMPEG", "engine": "sqlite", "path": str(root / "simpeg.db")}],
        }
    )


def _facts(place: Place, value: tuple[bytes, t.Any, t.Any]) -> t.Any:
    raw, entries, odd = value
    with place.fresh() as root:
        for name in ("store", "state"):
            (root / name).mkdir()
        build(root / "store", entries)
        build(root / "state", odd)
        _write_journal(root, raw)
        site = _site(root)
        past_of(site, history_of(Journal(str(root / "state" / "journal.jsonl"), NOW), believed=False), "SIMPEG")
        return facts(site, NOW, 62)


def _write_journal(root: t.Any, raw: bytes) -> None:
    path = root / "state" / "journal.jsonl"
    if not os.path.lexists(path):
        path.write_bytes(raw)


def _followed(place: Place, value: tuple[bytes, bytes, str, int, t.Any]) -> t.Any:
    raw, progress, run, since, odd = value
    with place.fresh() as root:
        (root / "state" / "runs").mkdir(parents=True)
        (root / "state" / "runs" / f"{RUN}.json").write_bytes(progress)
        build(root / "state", odd)
        _write_journal(root, raw)
        site = _site(root)
        Runner(site, NOW).pending(plan_jobs(site, NOW.now()))
        view = follow(site, run, since, 0, 0, NOW)
        events = [{"event": entry.event, "at": entry.at, "data": harmless(entry.data)} for entry in view.events]
        for line in _run_display.lines_of("db1", events, view.progress):
            assert line.isprintable()
        return [events, dict(view.progress), [attempt.as_dict() for attempt in view.attempts]]


def _recovered(place: Place, value: tuple[bytes, t.Any]) -> None:
    raw, odd = value
    with place.fresh() as root:
        (root / "state").mkdir()
        build(root / "state", odd)
        _write_journal(root, raw)
        journal = Journal(str(root / "state" / "journal.jsonl"), NOW)
        recover(_site(root), journal)
        assert history_of(journal).open_runs == {}


def _progress(place: Place, raw: bytes) -> t.Any:
    with place.fresh() as root:
        (root / "progress.json").write_bytes(raw)
        return dict(read_progress(str(root / "progress.json")))


TARGETS = (
    Target("journal.read", JOURNALS, _read, 60),
    Target("journal.history", JOURNALS, _believed, 60),
    Target("facts", st.tuples(JOURNALS, stores(), st.one_of(st.just([]), ODD_PLACES)), _facts, 15),
    Target(
        "run.follow",
        st.tuples(
            JOURNALS, ODD_JSON, st.one_of(st.just(RUN), TEXT), st.integers(0, 5), st.one_of(st.just([]), ODD_PLACES)
        ),
        _followed,
        15,
    ),
    Target("run.recover", st.tuples(JOURNALS, st.one_of(st.just([]), ODD_PLACES)), _recovered, 15),
    Target("run.progress", ODD_JSON, _progress, 3),
)
