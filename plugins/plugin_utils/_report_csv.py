# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One line for each source of the night, for spreadsheets: stable English columns, raw values."""

from __future__ import annotations

import csv
import io
import typing as t

from ._plain import one_line

_PLAIN = (
    "night", "host", "building", "source", "engine", "status", "due", "mode", "type", "frequency", "name", "slot",
    "started", "ended", "seconds", "plain_bytes", "stored_bytes", "retries", "late", "plausible", "encryption", "proof",
    "sha256",
)  # fmt: skip
COLUMNS = (*_PLAIN, "copies", "buildings", "elsewhere", "error_code", "error", "findings")
# What a spreadsheet takes for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "|", "%")


def render(model: dict[str, t.Any]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in model["rows"]:
        writer.writerow([cell(value) for value in _values(row)])
    return out.getvalue()


def cell(value: t.Any) -> str:
    """A value as text that no spreadsheet runs: an apostrophe before what looks like a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, str):
        return str(value)
    text = one_line(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _values(row: dict[str, t.Any]) -> list[t.Any]:
    done = [copy for copy in row["copies"] if copy["outcome"] != "failed"]
    error = row["error"] or {}
    return [
        *(row[key] for key in _PLAIN),
        "; ".join(copy["medium"] for copy in done),
        "; ".join(copy["building"] for copy in done),
        row["spread"]["elsewhere"],
        error.get("code"),
        error.get("message"),
        "; ".join(item["code"] for item in row["findings"]),
    ]
