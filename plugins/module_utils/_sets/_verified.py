# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each place was verified last, kept for the facts and the report."""

from __future__ import annotations

import os
import typing as t

from .._base._errors import BackupError
from .._base._io import disk_errors, read_small, replace
from .._base._json import parse_json
from .._base._printable import shown_path
from .._base._reader import Problems, Reader
from ._manifest import encode
from ._verify_report import VerifyReport

VERIFIED_FILE = "verified.json"
_LIMIT = 1 << 20
_MOST = 1 << 53


def keep(report: VerifyReport, state: str) -> None:
    """Write what the fact ``verified`` says: for every place the last look at it."""
    path = os.path.join(state, VERIFIED_FILE)
    root = shown_path(report.root)
    places = [place for place in last_verified(state)["places"] if place["path"] != root]
    with disk_errors("Cannot keep the result in", path):
        replace(path, encode({"places": [*places, {**report.summary(), "path": root}]}))


def last_verified(state: str) -> dict[str, t.Any]:
    """What was kept: the last look at each place, the latest of the times, and the sums over all places."""
    path = os.path.join(state, VERIFIED_FILE)
    try:
        places = _places(read_small(path, _LIMIT))
    except FileNotFoundError:
        places = []
    except (OSError, ValueError) as problem:
        raise BackupError(
            f"The record of the last verification {path} cannot be read: {problem}",
            "Move it aside and run verify.yml again",
            code="verify.record",
        ) from problem
    return {
        "at": max((place["at"] for place in places), default=""),
        "sets": sum(place["sets"] for place in places),
        "problems": sum(place["problems"] for place in places),
        "places": places,
    }


def _places(raw: bytes) -> list[dict[str, t.Any]]:
    problems = Problems()
    places = [
        {
            "path": entry.text("path"),
            "at": entry.text("at"),
            "sets": entry.integer("sets", None, 0, _MOST),
            "problems": entry.integer("problems", None, 0, _MOST),
        }
        for entry in Reader(parse_json(raw), "", problems).items("places")
    ]
    if problems.found:
        raise ValueError(problems.found[0])
    return places
