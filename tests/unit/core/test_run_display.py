# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees: every event as one line, and nothing that moves the cursor."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.plugin_utils._run_display import (
    lines_of,
    lines_of_check,
    printable,
    size,
)

ERROR = {"code": "engine", "message": "it broke", "remedy": "", "detail": ""}
DONE = {"source": "A", "outcome": "success", "name": "n", "seconds": 1.25, "plain_bytes": 2048, "stored_bytes": 100}
EVENTS: list[tuple[str, dict[str, t.Any], str]] = [
    ("source.started", {"source": "A"}, "A: started"),
    ("source.finished", DONE, "A: n (1.2 s, 2.0 KiB plain, 100 B stored)"),
    ("source.finished", {"source": "A", "outcome": "failed", "error": ERROR}, "A: FAILED - it broke"),
    ("copy.finished", {"source": "A", "medium": "m", "outcome": "verified", "error": None}, "A: copy on m verified"),
    (
        "copy.finished",
        {"source": "A", "medium": "m", "outcome": "failed", "error": ERROR},
        "A: copy to m FAILED - it broke",
    ),
    ("hook.started", {"name": "G", "when": "before"}, "G: before-hook started"),
    (
        "hook.finished",
        {"name": "G", "when": "before", "seconds": 2, "error": None},
        "G: before-hook ended well (2.0 s)",
    ),
    ("hook.finished", {"name": "G", "when": "after", "error": ERROR}, "G: after-hook FAILED - it broke"),
    ("run.finished", {"seconds": 3, "outcome": "success"}, "run ended after 3.0 s: success"),
    ("run.interrupted", {"error": ERROR}, "run interrupted: it broke"),
]


@pytest.mark.parametrize(("event", "data", "line"), EVENTS)
def test_an_event_is_one_line(event: str, data: dict[str, t.Any], line: str) -> None:
    assert lines_of("db1", [{"event": event, "data": data}], {}) == [f"[db1] {line}"]


def test_progress_is_shown_only_where_nothing_happened() -> None:
    progress = {"source": "A", "step": "dump sqlite", "bytes": 3 << 30}
    assert lines_of("db1", [], progress) == ["[db1] A: dump sqlite 3.0 GiB"]
    assert lines_of("db1", [], {"source": "", "step": "close", "bytes": 0}) == ["[db1] run: close"]
    assert lines_of("db1", [], {}) == []
    started = {"event": "source.started", "data": {"source": "A"}}
    assert lines_of("db1", [started, {"event": "servers.seen", "data": {}}], progress) == ["[db1] A: started"]
    assert lines_of("db1", [{"event": "servers.seen", "data": {}}], progress) == ["[db1] A: dump sqlite 3.0 GiB"]


@pytest.mark.parametrize("hostile", ["\x1b[2J", "\x9b2J", "a\r\nok: [db1]", "\u202egnp", "\x00", "\u2028"])
def test_pitfall_hostile_text_does_not_control_the_terminal(hostile: str) -> None:
    failed = {"source": hostile, "outcome": "failed", "error": {**ERROR, "message": f"x{hostile}y"}}
    found = lines_of(hostile, [{"event": "source.finished", "data": failed}], {"step": hostile, "source": hostile})
    found += lines_of(hostile, [], {"step": hostile, "source": hostile})
    assert len(found) == 2
    assert all(line.isprintable() for line in found)
    assert "?" in printable(hostile)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1 << 20, "1.0 MiB"),
        (5 << 40, "5.0 TiB"),
        (1 << 60, "1048576.0 TiB"),
    ],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_a_check_says_what_it_would_do_and_each_finding_once() -> None:
    finding = {"level": "warning", "message": "The disk is small", "remedy": "Buy another"}
    job = {"source": "A", "type": "F", "frequency": "daily", "night": "2026-11-19", "media": ["m"]}
    hook = {
        "when": "before",
        "sources": ["A"],
        "kind": "source",
        "name": "A",
        "words": ["stop", "a b"],
        "time_limit": 5,
    }
    result = {"plan": [job], "hooks": [hook], "findings": [finding, finding, {**finding, "level": "error"}]}
    assert lines_of_check("db1", {**result, "failed": True}) == [
        "[db1] A: F daily of the night 2026-11-19, copied to m",
        "[db1] before A (source A): stop 'a b', at most 5 min",
        "[db1] warning: The disk is small. Buy another.",
    ]
