# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks whether a disk medium is there, is the right one, and has room. Never writes, never makes it."""

from __future__ import annotations

import os

from .._base._errors import MediumError
from .._base._findings import ERROR, WARNING, Finding
from .._base._io import read_small
from .._base._json import parse_json
from .._base._model import Medium
from .._base._reader import shown
from .._sets._store import MARKER

_MARKER_LIMIT = 4096
_ST_RDONLY = 1


def check_disk(medium: Medium, store: str, needed: int = 0) -> list[Finding]:
    """Findings of level error mean: do not copy. ``store`` is the local store, '' where there is none."""
    look = _Look(medium)
    root = os.path.realpath(medium.path)
    _place(look, root)
    if not look.findings and store and _overlap(root, os.path.realpath(store)):
        look.error(
            "medium.overlap",
            f"shares its place with the local store: {medium.path} and {store}",
            "Name a directory that neither lies in the store nor holds it",
        )
    if not look.findings:
        _identity(look, root)
    if not look.findings:
        _room(look, root, needed)
        _same_disk(look, root, store)
    return look.findings


def check_identity(medium: Medium) -> list[Finding]:
    """Only whether it is there and is the right one, for those who read it."""
    look = _Look(medium)
    root = os.path.realpath(medium.path)
    _place(look, root)
    if not look.findings:
        _identity(look, root)
    return look.findings


class _Look:
    def __init__(self, medium: Medium) -> None:
        self.medium = medium
        self.findings: list[Finding] = []

    def error(self, code: str, message: str, remedy: str) -> None:
        self._add(code, ERROR, message, remedy)

    def warning(self, code: str, message: str, remedy: str) -> None:
        self._add(code, WARNING, message, remedy)

    def _add(self, code: str, level: str, message: str, remedy: str) -> None:
        medium = self.medium
        params = {"medium": medium.name, "path": medium.path}
        self.findings.append(Finding(code, level, medium.name, f"The medium '{medium.name}' {message}", remedy, params))


_MOUNT = "Mount it; a copy is never written into the directory below an absent mount"


def _place(look: _Look, root: str) -> None:
    path = look.medium.path
    if not os.path.isabs(path):
        look.error("medium.path", f"has the path {shown(path)}, which is not absolute", "Write it with a '/'")
    elif not os.path.lexists(root):
        look.error("medium.missing", f"is not there: {path} does not exist", _MOUNT)
    elif not os.path.isdir(root):
        look.error("medium.missing", f"is not a directory: {path}", _MOUNT)


def _identity(look: _Look, root: str) -> None:
    try:
        name = marker_name(root)
    except (OSError, ValueError) as problem:
        look.error(
            "medium.marker",
            f"has a marker file that cannot be read: {os.path.join(root, MARKER)} ({problem})",
            "See whose medium it is; write the marker again if it is this one",
        )
        return
    if name is None:
        if not os.path.ismount(root):
            look.error(
                "medium.not_mounted",
                f"is not mounted: {look.medium.path} is an ordinary directory without the marker file {MARKER}",
                _MOUNT + ". If the directory itself is the medium, put the marker file into it",
            )
    elif name != look.medium.name:
        look.error(
            "medium.other",
            f"is another one: the marker in {look.medium.path} says {shown(name)}",
            "Mount the right medium, or correct its name in the inventory",
        )


def marker_name(root: str) -> str | None:
    """The name that the marker file in a directory gives, None without one. Raises OSError, ValueError."""
    try:
        raw = read_small(os.path.join(root, MARKER), _MARKER_LIMIT)
    except FileNotFoundError:
        return None
    data = parse_json(raw)
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise ValueError('it must hold {"name": "<name of the medium>"}')
    name: str = data["name"]
    return name


def _room(look: _Look, root: str, needed: int) -> None:
    state = os.statvfs(root)
    if state.f_flag & _ST_RDONLY:
        look.error("medium.readonly", f"is mounted read-only: {root}", "Mount it for writing; see the kernel's log")
    elif not os.access(root, os.W_OK | os.X_OK, effective_ids=True):
        look.error(
            "medium.permission",
            f"may not be written by this user (uid {os.geteuid()}): {root}",
            "Give its directory to the user of the backup",
        )
    free = state.f_bavail * state.f_frsize
    if free < needed:
        look.error(
            "medium.full",
            f"has {free} bytes free and {needed} are needed: {root}",
            "Free space on it or enlarge it",
        )


def _same_disk(look: _Look, root: str, store: str) -> None:
    if store and os.path.isdir(store) and os.stat(store).st_dev == os.stat(root).st_dev:
        look.warning(
            "medium.same_disk",
            f"lies on the same file system as the local store: {root}",
            "One broken disk takes both; use another disk or a NAS",
        )


def _overlap(one: str, two: str) -> bool:
    return os.path.commonpath([one, two]) in (one, two)


def first_error(findings: list[Finding]) -> MediumError | None:
    """The first finding that forbids a copy, as the error to raise."""
    for finding in findings:
        if finding.level == ERROR:
            return MediumError(finding.message, finding.remedy, code=finding.code)
    return None
