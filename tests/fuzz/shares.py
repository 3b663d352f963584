# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many cases each target gets of a number of cases for all of them."""

from __future__ import annotations

from .table import TARGETS
from .target import Target

# A share for every run of the tests, always the same cases; and the long run, whose cases follow from a number.
SHORT = 2_000
LONG = 100_000
NUMBER = 20_261_120


def share(target: Target, cases: int) -> int:
    """Rounded up, so that the shares are never fewer together."""
    return -(-cases * target.weight // sum(one.weight for one in TARGETS))
