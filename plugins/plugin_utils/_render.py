# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a model to the bytes of a file: page, table, data or text."""

from __future__ import annotations

import json
import typing as t

from . import _report_csv, _report_html, _report_text
from ._plain import plain
from ._report import SCHEMA

FORMATS = ("html", "csv", "json", "txt")


class RenderError(Exception):
    """A format or model that cannot be rendered. The message says which and what is allowed."""


def render(model: t.Any, form: str, templates: t.Sequence[str] = (), files: t.Sequence[str] = ()) -> str:
    """``templates`` are needed for html, ``files`` are named at the end of txt."""
    found = plain(model)
    if not isinstance(found, dict) or found.get("kind") != "backup-report" or found.get("schema") != SCHEMA:
        raise RenderError(f"this is not a report model of schema {SCHEMA}; make one with the filter backup_report")
    if form == "csv":
        return _report_csv.render(found)
    if form == "json":
        return json.dumps(found, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    if form == "txt":
        return _report_text.render(found, [str(file) for file in files])
    if form == "html":
        return _report_html.render(found, [str(path) for path in templates])
    raise RenderError(f"format {form!r} is not known; the formats are {', '.join(FORMATS)}")
