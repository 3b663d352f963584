# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Journals: rightly chained ones that say odd things, and ones that were torn, altered, reordered or grown."""

from __future__ import annotations

import hashlib
import json
import typing as t

from hypothesis import strategies as st

from .text import JUNK, ODD_JSON, TEXT, mostly, spoiled, torn

RUN = "20261120T170000Z-4f2a91c3"
_WORD = mostly(st.sampled_from(["SIMPEG", "Presensi"]), TEXT)
_JOB = st.fixed_dictionaries(
    {
        "source": st.just("SIMPEG"),
        "type": st.just("F"),
        "frequency": st.just("daily"),
        "night": st.just("2026-11-20"),
        "slot": st.just("2026-11-21T00:00:00+07:00"),
        "late": st.booleans(),
    }
)
_ERROR = st.fixed_dictionaries({"code": st.just("engine"), "message": TEXT, "remedy": TEXT, "detail": TEXT})
_ABOUT = {"run": st.just(RUN), "source": st.just("SIMPEG"), "frequency": st.just("daily")}
_STARTED = st.fixed_dictionaries(
    {"run": st.just(RUN), "mode": st.just("scheduled"), "jobs": st.lists(spoiled(_JOB, 1), max_size=2)}
)
_FINISHED = st.fixed_dictionaries(
    {
        **_ABOUT,
        "outcome": st.sampled_from(["success", "failed"]),
        "name": st.just("2026112024F1D-SIMPEG"),
        "started": st.just("2026-11-20T17:00:03Z"),
        "ended": st.just("2026-11-20T17:01:03Z"),
        "seconds": st.floats(0, 1e6),
        "plain_bytes": st.integers(0, 10**12),
        "stored_bytes": st.integers(0, 10**12),
        "plausible": st.booleans(),
        "rows": st.one_of(st.none(), st.integers(0, 10**9)),
        "error": st.one_of(st.none(), _ERROR),
        "findings": st.lists(
            st.fixed_dictionaries({"code": st.just("files.changed"), "level": st.just("warning"), "message": TEXT}),
            max_size=2,
        ),
    }
)
_COPIED = st.fixed_dictionaries(
    {
        **_ABOUT,
        "medium": _WORD,
        "building": TEXT,
        "outcome": st.sampled_from(["verified", "failed"]),
        "at": st.just("2026-11-20T17:05:00Z"),
        "seconds": st.floats(0, 1e6),
        "error": st.one_of(st.none(), _ERROR),
    }
)
_CLOSED = st.fixed_dictionaries(
    {"run": st.just(RUN), "outcome": st.just("success"), "seconds": st.floats(0, 9)}, optional={"error": _ERROR}
)
_SEEN = st.fixed_dictionaries(
    {
        "unplanned": st.lists(
            st.fixed_dictionaries({"engine": st.just("postgresql"), "server": TEXT, "database": TEXT}), max_size=2
        )
    }
)
_EVENTS: t.Mapping[str, st.SearchStrategy[t.Any]] = {
    "run.started": _STARTED,
    "source.started": st.fixed_dictionaries({**_ABOUT, "started": st.just("2026-11-20T17:00:03Z")}),
    "source.finished": _FINISHED,
    "copy.finished": _COPIED,
    "run.finished": _CLOSED,
    "run.interrupted": _CLOSED,
    "servers.seen": _SEEN,
}
_KNOWN = st.sampled_from(sorted(_EVENTS)).flatmap(
    lambda event: st.tuples(st.just(event), st.one_of(_EVENTS[event], spoiled(_EVENTS[event], 2)))
)
_EVENT = mostly(_KNOWN, st.tuples(TEXT, JUNK), 9)


def _canonical(body: t.Any) -> bytes:
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def chained(events: t.Sequence[tuple[t.Any, t.Any]], at: t.Any = "2026-11-20T17:00:00Z") -> list[bytes]:
    """Lines whose chain is right, whatever they say."""
    lines, head = [], "0" * 64
    for number, (event, data) in enumerate(events, start=1):
        body = {"seq": number, "at": at, "event": event, "data": data, "prev": head}
        head = hashlib.sha256(_canonical(body)).hexdigest()
        lines.append(_canonical({**body, "hash": head}) + b"\n")
    return lines


@st.composite
def _story(draw: st.DrawFn) -> list[bytes]:
    """A run that began, then whatever happened."""
    events = [("run.started", draw(st.one_of(_STARTED, spoiled(_STARTED, 2))))]
    events += draw(st.lists(_EVENT, max_size=5))
    return chained(events, draw(mostly(st.just("2026-11-20T17:00:00Z"), JUNK, 9)))


STORIES = st.one_of(_story(), st.lists(_EVENT, max_size=4).map(chained))


@st.composite
def _disordered(draw: st.DrawFn) -> bytes:
    lines = list(draw(STORIES))
    for _time in range(draw(st.integers(0, 2))):
        if lines:
            at = draw(st.integers(0, len(lines) - 1))
            act = draw(st.sampled_from(["remove", "double", "move", "put"]))
            if act == "remove":
                del lines[at]
            elif act == "double":
                lines.insert(at, lines[at])
            elif act == "move":
                lines.append(lines.pop(at))
            else:
                lines.insert(at, draw(st.one_of(ODD_JSON, st.binary(max_size=40))) + b"\n")
    return b"".join(lines)


JOURNALS = st.one_of(
    STORIES.map(b"".join),
    STORIES.map(b"".join),
    torn(STORIES.map(b"".join)),
    _disordered(),
    ODD_JSON.map(lambda raw: raw + b"\n"),
    st.binary(max_size=300),
)
