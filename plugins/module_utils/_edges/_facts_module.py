# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module ``backup_facts`` does."""

from __future__ import annotations

import typing as t

from .._record._facts import facts
from .._site._site_args import SITE_OPTIONS, site_of

ARGUMENTS: dict[str, dict[str, t.Any]] = {**SITE_OPTIONS, "nights": {"type": "int", "default": 62}}


def run(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The result of the module. Raises `BackupError`."""
    site, clock = site_of(params)
    return {"changed": False, "ansible_facts": {"nusantara_backup": facts(site, clock, params["nights"])}}
