# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The short text for terminal and mail: one screen of 80 columns and 24 lines, whatever the number of hosts."""

from __future__ import annotations

import typing as t
import unicodedata

from . import _format, _report_words
from ._phrases import phrase
from ._plain import one_line

WIDTH, HEIGHT = 80, 23
NAME = 26
# A longer status, such as that of a host that cannot be reached, must not cost other lines their reason.
WORD = 15


def render(model: dict[str, t.Any], files: t.Sequence[str] = ()) -> str:
    language, summary = model["language"], model["summary"]
    head = [
        phrase("report.title", language) + (f" \u00b7 {model['organisation']}" if model["organisation"] else ""),
        phrase("report.night_of", language, night=_format.date(model["night"], language, "night")),
        "",
        f"{_report_words.VERDICT_SYMBOLS[summary['verdict']]} {_report_words.verdict(model)}",
        _totals(model),
        "",
    ]
    # Paths stay in one piece, to be copied; a terminal folds them.
    tail = ["", *(one_line(file) for file in files)] if files else []
    room = HEIGHT - len(_wrapped(head)) - sum(1 + _width(line) // (WIDTH + 1) for line in tail)
    return "\n".join(_wrapped(head) + _body(model, room) + tail) + "\n"


def _totals(model: dict[str, t.Any]) -> str:
    language, summary = model["language"], model["summary"]
    totals = phrase(
        "text.totals",
        language,
        stored=_format.size(summary["stored_bytes"], language),
        hosts=_format.number(summary["hosts"], language),
        unreached=_format.number(summary["hosts_unreached"], language),
        warnings=_format.number(summary["levels"]["warning"], language),
    )
    # Where findings are left out for want of room, this one must still be seen.
    clear = sum(item["code"] == "report.unencrypted" for item in model["findings"])
    return totals + (" " + phrase("text.unencrypted", language, count=_format.number(clear, language)) if clear else "")


def _body(model: dict[str, t.Any], room: int) -> list[str]:
    """All lines if they fit, else those with problems, else as many of them as fit; then findings."""
    language = model["language"]
    lines = [row for row in model["rows"] if row["status"] != "not_due"]
    if len(lines) > room - 4:
        lines = [row for row in lines if row["problem"]]
    word = min(WORD, max((_width(phrase(f"status.{row['status']}", language)) for row in lines), default=0))
    told = [_line(row, model, word) for row in lines]
    findings = [item for item in model["findings"] if item["level"] != "info" and not _told_by_line(item)]
    extra = [_finding(item, language) for item in findings]
    kept = told[: room - min(4, len(extra)) - 1] if len(told) + len(extra) > room else told
    if len(kept) < len(told):
        kept.append("  " + phrase("text.more", language, count=_format.number(len(told) - len(kept), language)))
    left = room - len(kept) - (1 if kept else 0)
    shown = extra if len(extra) <= left else extra[: max(0, left - 1)]
    if len(shown) < len(extra) and left > 0:
        shown.append(
            "  " + phrase("text.more_findings", language, count=_format.number(len(extra) - len(shown), language))
        )
    return kept + ([""] if kept and shown else []) + shown


def _told_by_line(item: dict[str, t.Any]) -> bool:
    return bool(item["source"]) and item["code"].split(".")[-1] in _report_words.SYMBOLS


def _line(row: dict[str, t.Any], model: dict[str, t.Any], word: int) -> str:
    language = model["language"]
    status = phrase(f"status.{row['status']}", language)
    name = f"{row['source']} ({row['host']})" if len(model["hosts"]) > 1 else row["source"]
    if row["problem"]:
        rest = _why(row, model)
    else:
        rest = f"{_format.size(row['stored_bytes'], language):>9}  {_format.duration(row['seconds'], language)}"
    return _cut(
        f"{_report_words.SYMBOLS[row['status']]} {_pad(name, NAME)} {status + ' ' * (word - _width(status))}  {rest}",
        WIDTH,
    )


def _why(row: dict[str, t.Any], model: dict[str, t.Any]) -> str:
    if row["error"]:
        return _report_words.error_title(row["error"]["code"], model["language"])
    if row["status"] == "incomplete":
        return ", ".join(row["copies_missing"])
    return _format.clock(row["slot"], model["zone"]) if row["slot"] else ""


def _finding(item: dict[str, t.Any], language: str) -> str:
    subject = item["source"] or item["host"]
    return _cut(
        f"{_report_words.LEVEL_SYMBOLS[item['level']]} {subject}: {_report_words.finding(item, language)['title']}",
        WIDTH,
    )


def _wrapped(lines: t.Sequence[str]) -> list[str]:
    """Long lines broken at words; what has no spaces is broken at the edge."""
    out: list[str] = []
    for line in lines:
        rest = one_line(line)
        while _width(rest) > WIDTH:
            piece = _head(rest, WIDTH)
            at = piece.rfind(" ")
            piece = piece[:at] if at > WIDTH // 2 else piece
            out.append(piece)
            rest = rest[len(piece) :].lstrip()
        out.append(rest)
    return out


def _pad(text: str, width: int) -> str:
    text = _cut(text, width)
    return text + " " * (width - _width(text))


def _cut(text: str, width: int) -> str:
    text = " ".join(text.splitlines()).rstrip()
    return text if _width(text) <= width else _head(text, width - 1) + "\u2026"


def _head(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _columns(char)
        if used > width:
            return text[:index]
    return text


def _width(text: str) -> int:
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
