# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All targets."""

from __future__ import annotations

from .target import Target
from .targets import engines, journal, naming, report, sets, site, streams

TARGETS: tuple[Target, ...] = (
    *naming.TARGETS,
    *site.TARGETS,
    *sets.TARGETS,
    *journal.TARGETS,
    *engines.TARGETS,
    *streams.TARGETS,
    *report.TARGETS,
)
