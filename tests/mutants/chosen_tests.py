# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plugin of pytest: run chosen tests in a chosen order, and note how long each took and what failed first."""

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

CHOICE = "NB_MUTANTS_CHOICE"
NOTES = "NB_MUTANTS_NOTES"

# Repeatable, and quick to fail: what fails is neither made small nor kept.
settings.register_profile(
    "mutants",
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
_seconds: dict[str, float] = {}
_failed: list[str] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if os.environ.get(CHOICE):
        order = {name: place for place, name in enumerate(json.loads(Path(os.environ[CHOICE]).read_bytes()))}
        left_out = [item for item in items if item.nodeid not in order]
        config.hook.pytest_deselected(items=left_out)
        items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] = _seconds.get(report.nodeid, 0.0) + report.duration
    if report.failed:
        _failed.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _failed.append(report.nodeid)


def pytest_sessionfinish(session: t.Any) -> None:
    if os.environ.get(NOTES):
        notes = {"seconds": _seconds, "failed": _failed}
        Path(os.environ[NOTES]).write_text(json.dumps(notes), encoding="utf-8")
