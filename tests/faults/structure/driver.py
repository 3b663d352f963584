# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The core as a process of its own, watched at every boundary, or with one fault at one of them.

Call: ``python -m tests.faults.structure.driver PLAN ACT…``. PLAN is JSON:
``cache`` (a directory for compiled modules) and either ``record`` (a file:
one line for each crossing) or ``point`` (boundary, way, which time), ``kind``
and ``fired`` (a file that says so). ACT: ``cli`` and the words of the command
line, or ``module``, a name of ``_edges``, its parameters as JSON, ``check``;
before them ``locked`` and a file that somebody else holds. ``first`` in PLAN
is a fault (``point``, ``kind``) on which the other one follows.
"""

from __future__ import annotations

import errno
import fcntl
import functools
import importlib
import json
import os
import sys
import threading
import typing as t

from .boundaries import MAYBE, SOON
from .hook import CORE, install, way
from .strikes import FROM_THEN_ON, Cross, strike

# Where the types come from whose methods cross.
_BORDER = ("_io", "io", "sqlite3", "subprocess", "select", "socket", "posix")
_LONGEST = float(SOON)
_START_OF_WARDEN = "_base._warden.Warden.__init__: subprocess.Popen #1"


class Recorder:
    """Writes down each crossing: boundary, way, and whether what crosses is ours after all."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __call__(self, name: str, cross: Cross) -> Cross:
        # What is only named as a method may be a figure.
        return functools.partial(self._tell, name, cross) if callable(cross) else cross

    def _tell(self, name: str, cross: Cross, *args: t.Any, **kwargs: t.Any) -> t.Any:
        uncounted = name.startswith(MAYBE) and type(getattr(cross, "__self__", None)).__module__ in _BORDER
        if uncounted or not name.startswith(MAYBE):
            os.write(self._file, f"{name}\t{way_of(args)}\n".encode())
        return cross(*args, **kwargs)


class Saboteur:
    """Crosses with a fault where and when it was told to."""

    def __init__(self, plan: t.Mapping[str, t.Any]) -> None:
        self._name, self._way, self._left = plan["point"]
        self._kind: str = plan["kind"]
        self._fired: str = plan.get("fired", os.devnull)
        self._lock = threading.Lock()

    def __call__(self, name: str, cross: Cross) -> Cross:
        return functools.partial(self._cross, cross) if name == self._name else cross

    def _cross(self, cross: Cross, *args: t.Any, **kwargs: t.Any) -> t.Any:
        with self._lock:
            hit = self._way in ("*", way_of(args))
            self._left -= hit
            now = hit and (self._left == 0 or (self._left < 0 and self._kind.endswith(FROM_THEN_ON)))
        if not now:
            return cross(*args, **kwargs)
        with open(self._fired, "w", encoding="utf-8") as stream:
            stream.write(f"{self._name} {self._way}: {self._kind}")
        if self._kind == "journal full":
            _fill_journal()
            return cross(*args, **kwargs)
        return strike(self._kind, cross, args, kwargs)


def way_of(args: t.Any) -> str:
    """Who crosses; for a program also which one is started."""
    words = args[0] if args and isinstance(args[0], (list, tuple)) else []
    program = f" {os.path.basename(words[0])}" if words and all(isinstance(word, str) for word in words) else ""
    return way() + program


def _fill_journal() -> None:
    """From now on the disk of the journal is full."""

    def full(_descriptor: int, _data: object) -> t.NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    importlib.import_module(CORE + "_record._journal").__dict__["write_all"] = full


class Keepers:
    """Several, one behind the other: a fault that came first, and who watches what comes of it."""

    def __init__(self, keepers: t.Sequence[t.Any]) -> None:
        self._keepers = keepers

    def __call__(self, name: str, cross: Cross) -> Cross:
        for keeper in self._keepers:
            cross = keeper(name, cross)
        return cross


def _keeper(plan: t.Mapping[str, t.Any]) -> t.Any:
    return Recorder(plan["record"]) if "record" in plan else Saboteur(plan)


def _watched_warden(plan: t.Mapping[str, t.Any]) -> t.Callable[[str, Cross], Cross]:
    """The warden gets its program by its text: it gets one that watches that very program."""
    aims_at_it = "point" in plan and plan["point"][0].startswith("_base._warden_program.")
    told = {**plan, "first": (plan.get("first") or {}).get("warden")}
    text = f"import sys; sys.path[:] = {sys.path!r}; from {__spec__.name} import warden; warden({told!r})"

    def keeper(name: str, cross: Cross) -> Cross:
        return functools.partial(start, cross) if name == _START_OF_WARDEN else cross

    def start(cross: Cross, words: list[str], **options: t.Any) -> t.Any:
        return cross([*words[:-1], text] if "record" in plan or aims_at_it else words, **options)

    return keeper


def warden(plan: t.Mapping[str, t.Any]) -> None:
    """The warden itself, in its own process."""
    first = [Saboteur(plan["first"])] if plan["first"] else []
    install(Keepers([*first, _keeper(plan)]), plan["cache"], impatient=False)
    importlib.import_module(CORE + "_base._warden_program").main()


def _hold(path: str) -> None:
    """Somebody else has this lock: a file that was opened on its own is somebody else."""
    fcntl.flock(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), fcntl.LOCK_EX)


class Module:
    """What the core uses of an Ansible module."""

    def __init__(self, params: dict[str, t.Any], check: bool) -> None:
        self.params = params
        self.check_mode = check

    def exit_json(self, **result: t.Any) -> t.NoReturn:
        print(json.dumps(result))
        sys.exit(1 if result.get("failed") else 0)

    def fail_json(self, msg: str, **result: t.Any) -> t.NoReturn:
        self.exit_json(failed=True, msg=msg, **result)


def _module(name: str, given: str, mode: str = "") -> None:
    edge = importlib.import_module(CORE + "_edges._edge")
    work = importlib.import_module(f"{CORE}_edges._{name}_module")
    spec = work.ARGUMENTS if hasattr(work, "ARGUMENTS") else work.argument_spec()
    params = {key: option.get("default") for key, option in spec.items()}
    module = Module({**params, **json.loads(given)}, mode == "check")
    with edge.Edge(module):
        module.exit_json(**_result(work, name, module, mode))


def _result(work: t.Any, name: str, module: Module, mode: str) -> dict[str, t.Any]:
    if name == "run":
        result = work.run(module.params, module.check_mode)
        while mode == "follow" and not result["finished"]:
            seen = {key: result.get(key, 0) for key in ("since", "step")}
            result = work.run({**module.params, "follow": result["run"], **seen}, False)
        return t.cast("dict[str, t.Any]", result)
    if name == "facts":
        return t.cast("dict[str, t.Any]", work.run(module.params))
    return t.cast("dict[str, t.Any]", getattr(work, f"{name}_result")(module.params, check_mode=module.check_mode))


def _shorten_timers() -> None:
    """What waits for a limit need not wait for all of it."""
    begin = threading.Timer.__init__

    def sooner(self: threading.Timer, interval: float, *args: t.Any, **kwargs: t.Any) -> None:
        begin(self, min(interval, _LONGEST), *args, **kwargs)

    threading.Timer.__init__ = sooner  # a test's own process


def main(plan: t.Mapping[str, t.Any], act: str, words: t.Sequence[str]) -> None:
    impatient = bool(plan.get("impatient"))
    keepers: list[t.Any] = [_watched_warden(plan)]
    keepers += [Saboteur(plan["first"])] if plan.get("first") else []
    keepers.append(_keeper(plan))
    install(Keepers(keepers), plan["cache"], impatient=impatient)
    if impatient:
        _shorten_timers()
    if act == "locked":
        _hold(words[0])
        act, words = words[1], words[2:]
    if act == "module":
        _module(*words)
    else:
        sys.exit(importlib.import_module(CORE + "_edges._cli").main(list(words)))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), sys.argv[2], sys.argv[3:])
