# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on naming says what the code does."""

from __future__ import annotations

import pathlib
import re

from ansible_collections.nusantara.backup.plugins.module_utils._naming import label, moment, parse, render

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs" / "naming.md"
LONG = "2017040124F2W-Sistem-Informasi-Manajemen-Kepegawaian"


def test_p13_the_examples_of_the_page_hold() -> None:
    rows = re.findall(r"^\| `(\S+)` \| `(\S+)` \| (\S+) \| (\S+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(rows) >= 6
    for compact, dashed, night, local in rows:
        fields = parse(compact, "compact")
        assert render(fields, "dashed") == dashed
        assert fields.night.isoformat() == night
        assert moment(fields, "Asia/Jakarta").isoformat() == local


def test_p12_5_the_labels_of_the_page_hold() -> None:
    page = PAGE.read_text(encoding="utf-8")
    fields = parse(LONG)
    for shown in (label(fields), label(fields, limit=32, iso=True), label(fields, limit=16)):
        assert f"`{shown}`" in page
