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


class _Value:
    """A value of a finding; a phrase may ask for it as a ``size`` or a ``number`` of the reader's language."""

    def __init__(self, text: str, language: str) -> None:
        self._text = text
        self._language = language

    def __format__(self, form: str) -> str:
        known = form in _FORMS and self._text.isascii() and self._text.isdigit() and len(self._text) < 19
        return _FORMS[form](int(self._text), self._language) if known else self._text


_FORMS: dict[str, t.Callable[[int, str], str]] = {"size": size, "number": number}


def finding(item: t.Mapping[str, t.Any], language: str) -> dict[str, str]:
    """``title`` and ``remedy`` in the reader's language, ``cause`` likewise, ``said`` as the host said it in English.

    ``foreign`` tells that the remedy is the host's too, for no catalogue has one.
    """
    title = _title(item, language)
    code = item["params"].get("error", "")
    said = item["message"] if _says_more(item, language) else ""
    if not title:
        title, said = item["message"] or item["code"], ""
    action, foreign = remedy(code or item["code"], item["remedy"], language, item["code"])
    return {
        "title": title,
        "cause": error_title(code, language) if code else "",
        "said": said if said != title else "",
        "remedy": action,
        "foreign": "yes" if foreign else "",
    }


def remedy(code: str, given: str, language: str, general: str = "") -> tuple[str, bool]:
    """What to do next, and whether it is in the host's English: only a code that is new to this side has no phrase."""
    known = _phrases.catalogue(language)
    if f"remedy.{code}" in known:
        return known[f"remedy.{code}"], False
    if given:
        return given, True
    return known.get(f"remedy.{general}", "") or _phrases.nearest(f"remedy.{code}", language), False


def _title(item: t.Mapping[str, t.Any], language: str) -> str:
    """The phrase with its values; the general one where values are missing; for an error the nearest above it."""
    code = item["code"]
    given = {"subject": item.get("subject", ""), **item["params"]}
    values = {key: _Value(str(value), language) for key, value in given.items()}
    found = _phrases.catalogue(language).get(f"finding.{code}", "")
    title = _phrases.filled(found, values) if found else ""
    if title:
        return title
    above = item.get("level") == "error" or found
    return _phrases.nearest(f"error.{code}", language) if above else ""


def _says_more(item: t.Mapping[str, t.Any], language: str) -> bool:
    """Whether the host's own words add to the title: not to one that carries all values of a mere warning."""
    fields = _phrases.fields(_phrases.catalogue(language).get(f"finding.{item['code']}", ""))
    full = bool(fields) and fields <= {"subject", *item["params"]} and not {"text", "error"} & set(item["params"])
    return not full or item.get("level") == "error"


def error_title(code: str, language: str) -> str:
    return _phrases.nearest(f"error.{code}", language) or _phrases.phrase("error.error", language)


def content(totals: t.Mapping[str, int], language: str) -> str:
    """What lies in a backup: 8.405 baris, 3 tabel (1,5 MB); kinds that are absent are left out."""
    told = [
        f"{number(amount, language)} {_kind(kind, amount, language)}"
        for kind, amount in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
        if amount and kind != "bytes"
    ]
    inside = size(totals["bytes"], language) if totals.get("bytes") else ""
    return ", ".join(told) + (f" ({inside})" if told and inside else inside)


def _kind(kind: str, amount: int, language: str) -> str:
    """The word for one or for many, where a language has two; a kind that is not known stands as it is."""
    one, _bar, many = _phrases.catalogue(language).get(f"content.{kind}", kind).partition("|")
    return many if many and amount != 1 else one


def role(name: str, language: str) -> str:
    """The title of a role of people; a role that the catalogue does not know stands as it is."""
    key = f"role.{name}"
    return _phrases.phrase(key, language) if _phrases.has(key, language) else name


def act(name: str, language: str) -> str:
    key = f"act.{name}"
    return _phrases.phrase(key if _phrases.has(key, language) else "act.other", language)
