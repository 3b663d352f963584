# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options and work of the module ``backup_checksum``."""

from __future__ import annotations

import os
import typing as t

from .._base import _locks
from .._base._clock import Clock, parse_at
from .._base._model import Medium
from .._base._owner import refuse_mixed_owners
from .._base._process import Children
from .._media._disk_check import check_identity, first_error
from .._sets._receipts import Receipts
from .._sets._signers import opened
from .._sets._store import MARKER
from .._sets._verified import keep
from .._sets._verify import Busy, Selection, verify_store
from .._sets._verify_report import VerifyReport
from .._site._places import source_lock
from ._paths import refuse_odd_paths


def argument_spec() -> dict[str, t.Any]:
    return {
        "path": {"type": "path", "default": "/var/backups/nusantara"},
        "sources": {"type": "list", "elements": "str", "default": []},
        "names": {"type": "list", "elements": "str", "default": []},
        "newest": {"type": "bool", "default": False},
        "allowed_signers": {"type": "path"},
        "signing_key": {"type": "path", "no_log": False},
        "host": {"type": "str", "default": ""},
        "medium": {"type": "str", "default": ""},
        "state": {"type": "path"},
        "fail": {"type": "bool", "default": True},
        "at": {"type": "str", "default": ""},
    }


def checksum_result(params: t.Mapping[str, t.Any], *, check_mode: bool) -> dict[str, t.Any]:
    """The result of the module; ``failed`` with ``msg`` when something is wrong and ``fail`` is set."""
    refuse_odd_paths(params, "path", "state", "allowed_signers", "signing_key")
    path, state = params["path"], params["state"] or ""
    # A medium's own directory often belongs to root; a store and a state are ours.
    is_medium = os.path.ismount(path) or os.path.lexists(os.path.join(path, MARKER))
    refuse_mixed_owners(*([] if is_medium else [path]), *([state] if state else []))
    _refuse_other_medium(params["medium"], path)
    selection = Selection(tuple(params["sources"]), tuple(params["names"]), params["newest"])
    with Children() as children:
        key, allowed = params["signing_key"] or "", params["allowed_signers"] or ""
        with opened(allowed, key, params["host"], children) as signers:
            clock = Clock(parse_at(params["at"]))
            receipts = Receipts(state) if state else None
            report = verify_store(path, clock, selection, signers, receipts, params["medium"], _busy(state))
    if state and not check_mode:
        keep(report, state)
    return _result(report, fail=params["fail"])


def _busy(state: str) -> Busy | None:
    """Whether a run holds a source's lock; without the state nobody can know."""
    return (lambda source: _locks.is_held(source_lock(state, source))) if state else None


def _refuse_other_medium(name: str, path: str) -> None:
    """An absent mount leaves an empty directory behind, and nothing in it would be wrong."""
    refusal = first_error(check_identity(Medium(name, "disk", path))) if name else None
    if refusal is not None:
        raise refusal


def _result(report: VerifyReport, *, fail: bool) -> dict[str, t.Any]:
    messages = [problem.message for problem in report.problems]
    result: dict[str, t.Any] = {
        "changed": False,
        **report.as_dict(),
        "whole": not messages,
        "msg": _words(report),
        "problems": messages,
        "doubts": [problem.message for problem in report.warnings],
    }
    if messages and fail:
        more = f" And {len(messages) - 1} more." if len(messages) > 1 else ""
        result.update(failed=True, msg=f"{messages[0]}. {report.problems[0].finding().remedy}.{more}")
    return result


def _words(report: VerifyReport) -> str:
    """What an operator sees of a store in one line."""
    sets, found = len(report.sets), len(report.problems)
    read = f"{report.root}: {sets} set{'s' if sets != 1 else ''} read again"
    return f"{read}, {found} problem{'s' if found != 1 else ''}" if found else f"{read}, all whole"
