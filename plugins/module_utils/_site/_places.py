# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host keeps what: the one place that names the files below ``state``."""

from __future__ import annotations

import os

from .._base._model import Site


def journal_path(site: Site) -> str:
    return os.path.join(site.state, "journal.jsonl")


def progress_path(site: Site, run: str) -> str:
    return os.path.join(site.state, "runs", run + ".json")


def run_lock(site: Site, run: str) -> str:
    return os.path.join(site.state, "locks", f"run-{run}.lock")


def source_lock(state: str, source: str) -> str:
    return os.path.join(state, "locks", f"source-{source.lower()}.lock")


def work_root(site: Site) -> str:
    return os.path.join(site.state, "work")


def windows_root(site: Site) -> str:
    """The notes of maintenance windows that are open: what is still to be run after them."""
    return os.path.join(site.state, "windows")


def window_lock(site: Site, note: str) -> str:
    """Held by who runs the after-hook of a run that is gone."""
    return os.path.join(site.state, "locks", f"window-{os.path.basename(note)}.lock")
