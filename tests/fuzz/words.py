# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every word that reaches an operator must be: there, printable, short, and free of secrets."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import BackupError

# What strategies put where secrets belong, and where people put them by mistake.
PASSWORD = "RAHASIA-0x5ec2e7"
IDENTITY = "AGE-SECRET-KEY-1" + "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L" + "QPZRY9X8GF2TVDW0S3JN54KHCE"
_SECRETS = re.compile("0x5ec2e7|" + IDENTITY[16:24], re.IGNORECASE)
_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
# Control characters, escapes, what turns the direction of text around, lone surrogates.
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_UNFIT_BLOCK = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MESSAGE_LIMIT = 8192
DETAIL_LIMIT = 80 * 1024


def check_error(problem: BackupError) -> None:
    """A refusal says what, what to do, and by which code; nothing of it harms a terminal or tells a secret."""
    assert problem.what.strip(), "the error says nothing"
    assert problem.remedy.strip(), f"no remedy: {problem.what!a}"
    assert _CODE.fullmatch(problem.code), f"the code {problem.code!a}"
    for text in (problem.what, problem.remedy, str(problem)):
        _check_line(text)
    assert _UNFIT_BLOCK.search(problem.detail) is None, f"not printable: {problem.detail!a}"
    assert len(problem.detail) <= DETAIL_LIMIT
    _check_value(problem.as_dict())
    for text in getattr(problem, "problems", ()):
        _check_line(text)


def check_result(value: t.Any) -> None:
    """What a module returns: plain JSON in UTF-8, of which every text can be shown."""
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode("utf-8")
    _check_value(value)


def check_terminal(text: str) -> None:
    """What a command printed."""
    assert _UNFIT_BLOCK.search(text) is None, f"not printable: {text!a}"
    assert _SECRETS.search(text) is None, "a secret is told"


def _check_line(text: str) -> None:
    assert _UNFIT.search(text) is None, f"not printable: {text!a}"
    assert len(text) <= MESSAGE_LIMIT, f"{len(text)} characters: {text[:200]!a}"
    assert _SECRETS.search(text) is None, f"a secret is told: {text!a}"


def _check_value(value: t.Any) -> None:
    if isinstance(value, str):
        assert _UNFIT_BLOCK.search(value) is None, f"not printable: {value[:200]!a}"
    elif isinstance(value, t.Mapping):
        for key, item in value.items():
            _check_value(key)
            _check_value(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_value(item)
