# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All targets."""

from __future__ import annotations

from .target import Target
from .targets import journal, naming, sets, site

TARGETS: tuple[Target, ...] = (*naming.TARGETS, *site.TARGETS, *sets.TARGETS, *journal.TARGETS)
