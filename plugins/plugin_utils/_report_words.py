# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences of the report, shared by page and terminal: verdict, findings, errors."""

from __future__ import annotations

import typing as t

from . import _phrases
from ._format import number, size

SYMBOLS = {
    "success": "✓", "failed": "✗", "missed": "∅", "incomplete": "◐", "interrupted": "‖",
    "running": "▶", "pending": "○", "unreachable": "?", "silent": "?", "not_due": "·", "unknown": " ",
}  # fmt: skip
VERDICT_SYMBOLS = {"success": "✓", "attention": "!", "failed": "✗", "running": "▶", "nothing": "∅"}
LEVEL_SYMBOLS = {"error": "✗", "warning": "!", "info": "i"}


def verdict(model: dict[str, t.Any]) -> str:
    """One sentence: 4 of 6 succeeded, then what did not, each with its count."""
    language, summary = model["language"], model["summary"]
    if not summary["lines"]:
        return _phrases.phrase("verdict.nothing.long", language)
    told = _phrases.phrase(
        "verdict.counts",
        language,
        success=number(summary["success"], language),
        lines=number(summary["lines"], language),
    )
    parts = [
        _phrases.phrase(f"verdict.part.{status}", language, count=number(count, language))
        for status, count in summary["counts"].items()
        if count and status not in ("success", "not_due")
    ]
    return f"{told} {_phrases.phrase('verdict.others', language, list=', '.join(parts))}" if parts else told


def finding(item: t.Mapping[str, t.Any], language: str) -> dict[str, str]:
    """A finding's own words in the reader's language, with the host's words where they say more."""
    found = _phrases.nearest(f"finding.{item['code']}", language)
    title = _phrases.filled(found, item["params"]) if found else ""
    code = item["params"].get("error", "")
    detail = error_title(code, language) if code else ""
    # A phrase with values says it all; a general one is followed by the host's own words.
    more = "" if title and _phrases.fields(found) and not code else item["message"]
    if not title:
        title, more = more or item["code"], ""
    return {
        "title": title,
        "detail": " ".join(part for part in (detail, more if more != title else "") if part),
        "remedy": _remedy(item, language),
    }


def _remedy(item: t.Mapping[str, t.Any], language: str) -> str:
    """The reader's language first, but what a host says of its own error is closer to the cause."""
    key = f"remedy.{item['code']}"
    if item["remedy"] and ("error" in item["params"] or not _phrases.has(key, language)):
        return str(item["remedy"])
    return _phrases.catalogue(language).get(key, "")


def error_title(code: str, language: str) -> str:
    return _phrases.nearest(f"error.{code}", language) or _phrases.phrase("error.error", language)


def content(totals: t.Mapping[str, int], language: str) -> str:
    """What lies in a backup: 8.405 baris, 3 tabel; kinds that are absent are left out."""
    told = []
    for kind, amount in sorted(totals.items(), key=lambda item: (-item[1], item[0])):
        key = f"content.{kind}"
        if kind == "bytes":
            told.append(size(amount, language))
        elif amount:
            told.append(
                f"{number(amount, language)} {_phrases.phrase(key, language) if _phrases.has(key, language) else kind}"
            )
    return ", ".join(told)


def role(name: str, language: str) -> str:
    """The title of a role of people; a role that the catalogue does not know stands as it is."""
    key = f"role.{name}"
    return _phrases.phrase(key, language) if _phrases.has(key, language) else name


def act(name: str, language: str) -> str:
    key = f"act.{name}"
    return _phrases.phrase(key if _phrases.has(key, language) else "act.other", language)
