# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When each place was verified last, kept for the facts and the report."""

from __future__ import annotations

import json
import os
import typing as t

from .._base._errors import BackupError
from .._base._io import disk_errors, read_small, replace
from ._manifest import encode
from ._verify_report import VerifyReport

VERIFIED_FILE = "verified.json"
_LIMIT = 1 << 20


def keep(report: VerifyReport, state: str) -> None:
    """Write what the fact ``verified`` says: for every place the last look at it."""
    path = os.path.join(state, VERIFIED_FILE)
    places = [place for place in last_verified(state)["places"] if place["path"] != report.root]
    with disk_errors("Cannot keep the result in", path):
        replace(path, encode({"places": [*places, {**report.summary(), "path": report.root}]}))


def last_verified(state: str) -> dict[str, t.Any]:
    """What was kept: the last look at each place, the latest of the times, and the sums over all places."""
    path = os.path.join(state, VERIFIED_FILE)
    try:
        places = json.loads(read_small(path, _LIMIT))["places"]
        return {
            "at": max((place["at"] for place in places), default=""),
            "sets": sum(place["sets"] for place in places),
            "problems": sum(place["problems"] for place in places),
            "places": places,
        }
    except FileNotFoundError:
        return {"at": "", "sets": 0, "problems": 0, "places": []}
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise BackupError(
            f"The record of the last verification {path} cannot be read ({type(problem).__name__})",
            "Move it aside and run verify.yml again",
            code="verify.record",
        ) from problem
