# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notes of maintenance windows that are open: durable before the first hook starts, gone after the last.

A note is what makes the after-hook run after a power cut: the next run finds
it. It is also what keeps two runs out of the same window. Whoever ran the
hook for a run that died (the warden) leaves the result beside the note.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import typing as t

from .._base import _locks
from .._base._errors import HookError, LockError
from .._base._io import PART, disk_errors, make_directory, read_small, replace, sync_directory, write_new
from .._base._model import Site
from .._site._places import run_lock, windows_root

KINDS = ("source", "group")
_RESULT = ".result"
_LIMIT = 4 << 20


@dataclasses.dataclass(frozen=True)
class Note:
    """A window that was opened by a run, and the after-hook that is due at its end.

    ``kind``: source or group; ``began``: UTC time; ``time_limit``: minutes;
    ``environment``: what the hook is told.
    """

    run: str
    kind: str
    name: str
    sources: tuple[str, ...]
    night: str
    began: str
    words: tuple[str, ...]
    time_limit: int
    environment: t.Mapping[str, str]

    def owner(self) -> str:
        return f"the {self.kind} {self.name}"


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of a hook that could not be journalled yet; ``by``: who ran it, ``began``: seconds of the epoch."""

    status: int | None
    late: bool
    said: str
    began: float
    seconds: float
    by: str = "warden"


def note_path(site: Site, kind: str, name: str) -> str:
    return os.path.join(windows_root(site), f"{kind}-{name.lower()}.json")


def result_path(path: str) -> str:
    return path + _RESULT


def put(site: Site, note: Note) -> str:
    """Write a note, whole and flushed; its path. ``LockError`` where the same window is open already."""
    path = note_path(site, note.kind, note.name)
    temporary = f"{path}.{os.getpid()}{PART}"
    with disk_errors("Cannot note the window in", windows_root(site)):
        make_directory(windows_root(site))
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        try:
            write_new(temporary, json.dumps(dataclasses.asdict(note)).encode())
            os.link(temporary, path)
            # That of an earlier window, which a power cut may have left, would stand for this one's.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(result_path(path))
        except FileExistsError as problem:
            raise LockError(
                f"The maintenance window of {note.owner()} is open in another run",
                "Wait until it has ended, then start again",
                code="lock.held",
            ) from problem
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        sync_directory(windows_root(site))
    return path


def leave_result(path: str, result: Result) -> None:
    """The hook has run, and nobody could journal it yet."""
    replace(result_path(path), json.dumps(dataclasses.asdict(result)).encode())


def discard(path: str) -> None:
    """The note is done. A power cut just now brings it back, and its hook runs once more."""
    for name in (result_path(path), result_path(path) + PART, path):
        with contextlib.suppress(OSError):
            os.unlink(name)


def sweep(site: Site) -> None:
    """Remove what processes that are gone began to write, and could not remove."""
    root = windows_root(site)
    for name in os.listdir(root) if os.path.isdir(root) else []:
        process = name[: -len(PART)].rpartition(".")[2]
        if name.endswith(PART) and process.isdecimal() and not os.path.exists(f"/proc/{process}"):
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(root, name))


def paths(site: Site) -> list[str]:
    """All notes: those of sources first, for the window of a group lies around theirs."""
    root = windows_root(site)
    found = os.listdir(root) if os.path.isdir(root) else []
    kept = [name for name in found if name.endswith(".json")]
    return [os.path.join(root, name) for name in sorted(kept, key=lambda name: (not name.startswith("source-"), name))]


def read(path: str) -> Note:
    """A note. ``FileNotFoundError`` when it is done by now, ``HookError`` when it cannot be understood."""
    try:
        data = json.loads(read_small(path, _LIMIT))
        fields = {field.name for field in dataclasses.fields(Note)}
        note = Note(**{key: data[key] for key in fields})
        words, told = tuple(map(str, note.words)), {str(key): str(value) for key, value in note.environment.items()}
        if note.kind not in KINDS or not words or not isinstance(note.time_limit, int):
            raise ValueError(note.kind)
        return dataclasses.replace(note, words=words, environment=told, sources=tuple(map(str, note.sources)))
    except FileNotFoundError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise HookError(
            f"The note {path} of a maintenance window cannot be read",
            "See whether an application is still in maintenance mode, then remove the note",
            code="hook.note",
        ) from problem


def read_result(path: str) -> Result | None:
    """What the warden left beside a note; None where it did not come so far, or could not start the hook."""
    try:
        data = json.loads(read_small(result_path(path), _LIMIT))
        status = data["status"]
        if status is not None and not isinstance(status, int):
            return None
        if status is None and not data["late"]:
            return None
        began, seconds, by = float(data["began"]), float(data["seconds"]), str(data.get("by", Result.by))
        return Result(status, bool(data["late"]), str(data["said"]), began, seconds, by)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def forgotten(site: Site) -> list[Note]:
    """Windows whose run is gone and whose after-hook nobody ran yet."""
    found = []
    for path in paths(site):
        with contextlib.suppress(HookError, OSError):
            note = read(path)
            if not _locks.is_held(run_lock(site, note.run)) and read_result(path) is None:
                found.append(note)
    return found
