# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of ``docs/faults.md`` say what the source and the fault lab say."""

from __future__ import annotations

from tests.faults.structure.report import PAGE, page


def test_the_page_has_the_tables_of_today() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text) == text, "write them anew: python -m tests.faults.structure.report"


def test_the_guard_sees_a_figure_that_drifted() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page(text.replace("| **all** | **", "| **all** | **1")) == page(text)
    assert text.replace("| **all** | **", "| **all** | **1") != page(text)
