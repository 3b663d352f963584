# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the engines says what the contract suite runs: engines, versions, behaviours, and how many tests."""

from __future__ import annotations

import pytest
from tests.contract import table
from tests.contract.engine_cases import CASES


def test_the_page_has_the_tables_of_the_suite() -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    wanted = table.page(text)
    assert text == wanted, f"{table.PAGE} must be:\n{wanted}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_engine_has_a_version_in_the_table(case: table.EngineCase) -> None:
    assert case.versions


@pytest.mark.parametrize(
    "change", [("3.40", "3.41"), ("A dump changes nothing", "A dump changes"), ("| 17 |", "| 18 |")]
)
def test_a_planted_drift_is_seen(change: tuple[str, str]) -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    assert change[0] in text
    drifted = text.replace(*change)
    assert table.page(drifted) != drifted


@pytest.mark.parametrize("name", ["versions", "behaviours", "gaps"])
def test_a_table_that_was_taken_out_is_seen(name: str) -> None:
    text = table.PAGE.read_text(encoding="utf-8")
    with pytest.raises(AssertionError, match=name):
        table.page(text.replace(f"<!-- {name}, held", "<!-- held"))
