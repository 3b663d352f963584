# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only place that starts programs: lists of arguments, a clean environment, no shell.

Every child is made known to the `Warden`, a tiny process that outlives a
killed run just long enough to end its children and to remove its clear-text
working files.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import threading
import time
import typing as t

from ._errors import ToolError
from ._present import present
from ._threads import begin

if t.TYPE_CHECKING:
    from ._warden import Warden

STDERR_LIMIT = 64 * 1024
_GRACE = 5
_SEARCH_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Stdio = t.Union[int, t.IO[bytes], None]
Answer = t.TypeVar("Answer")


@dataclasses.dataclass(frozen=True)
class Command:
    """A program to run. ``env`` adds to a clean base environment; never put a secret in either."""

    argv: tuple[str, ...]
    env: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return os.path.basename(self.argv[0])


@dataclasses.dataclass(frozen=True)
class Result:
    """How a program ended: exit status (negative: the signal that killed it) and its words."""

    status: int
    stdout: bytes
    stderr: str


def clean_environment(extra: t.Mapping[str, str]) -> dict[str, str]:
    """What a child sees: nothing of ours but search path and home, in the C locale and UTC."""
    base = {"PATH": _SEARCH_PATH, "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": os.environ.get("HOME", "/")}
    base.update(extra)
    return base


def search_path() -> list[str]:
    """The directories in which programs are looked for."""
    return _SEARCH_PATH.split(":")


def find_tool(name: str) -> str:
    """The path of a program, or a `ToolError` that names it."""
    found = shutil.which(name, path=_SEARCH_PATH)
    if found is None:
        raise ToolError(
            f"The program '{name}' is not installed",
            "Install the package that carries it on this host",
            code="tool.missing",
        )
    return found


def end_words(status: int) -> str:
    """An exit status in words."""
    if status < 0:
        try:
            return f"was killed by {signal.Signals(-status).name}"
        except ValueError:
            return f"was killed by signal {-status}"
    return f"ended with status {status}"


class Child:
    """A running program whose stderr is drained and kept (its first and last parts)."""

    def __init__(self, process: subprocess.Popen[bytes], command: Command, family: Children) -> None:
        self.process = process
        self.command = command
        self._family = family
        self._stderr = _Tail()
        self._drain = threading.Thread(target=self._read_stderr, name=f"stderr-{command.name}", daemon=True)
        begin(self._drain)

    @property
    def stdin(self) -> t.IO[bytes]:
        return present(self.process.stdin)

    @property
    def stdout(self) -> t.IO[bytes]:
        return present(self.process.stdout)

    def wait(self, timeout: float | None = None) -> Result:
        """Wait for the end; ``stdout`` of the result is empty here, for somebody else read it."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired as late:
            self.kill()
            raise _too_late(self.command, timeout or 0, self.stderr()) from late
        self._drain.join(5)
        self._family.forget(self)
        return Result(status, b"", self.stderr())

    def wait_alone(self, timeout: float) -> Result:
        """Wait for the end of the program itself, then end whatever it left in its process group.

        A daemon is no longer in that group, for it made a session of its own.
        """
        deadline = time.monotonic() + timeout
        pause = 0.001
        # Not reaped yet: as long as it is a zombie nobody else can get its number, nor its group's.
        while os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() >= deadline:
                self.kill()
                raise _too_late(self.command, timeout, self.stderr())
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        return self.wait()

    def stderr(self) -> str:
        return self._stderr.text()

    def signal_group(self, number: int) -> None:
        """Send a signal to the program and whatever it started, also when it has ended itself but was not reaped.

        What runs as another user (behind sudo) is not ours to end: it loses its pipes instead.
        """
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End the program and whatever it started, and reap it; harmless when it has ended."""
        self.signal_group(signal.SIGKILL)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        # A program of another user, or one that waits for a broken disk, does not hold us for ever.
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE)
        self._drain.join(_GRACE)
        self._family.forget(self)

    def _read_stderr(self) -> None:
        stream = present(self.process.stderr)
        try:
            with stream:
                for chunk in iter(lambda: os.read(stream.fileno(), 8192), b""):
                    self._stderr.add(chunk)
        except OSError as problem:
            # Words that nobody read may have been a warning: silence would hide them.
            self._stderr.add(f"(its words could not be read: {problem.strerror})".encode())


class Children:
    """Starts programs for one run and ends all that are left when the run is over."""

    def __init__(self, warden: Warden | None = None) -> None:
        self._warden = warden
        self._alive: dict[int, Child] = {}
        self._known: dict[t.Hashable, t.Any] = {}

    def __enter__(self) -> Children:
        return self

    def __exit__(self, *_unused: object) -> None:
        for child in list(self._alive.values()):
            child.kill()

    def once(self, question: t.Hashable, ask: t.Callable[[], Answer]) -> Answer:
        """What ``ask`` returned when this run first put the question; what it raised is not kept.

        For what programs say of themselves: twenty sources need not ask twenty times.
        """
        if question not in self._known:
            self._known[question] = ask()
        known: Answer = self._known[question]
        return known

    def signal_all(self, number: int) -> None:
        """Send a signal to every program that runs, without waiting for what becomes of it."""
        for child in list(self._alive.values()):
            child.signal_group(number)

    def spawn(self, command: Command, *, stdin: Stdio = None, stdout: Stdio = None, together: bool = False) -> Child:
        """Start a program in a process group of its own; None means /dev/null for stdin and stdout.

        ``together``: what it says on stdout is kept with its stderr, in the order in which it was said.
        """
        tool = command.argv[0] if "/" in command.argv[0] else find_tool(command.argv[0])
        try:
            process = subprocess.Popen(
                [tool, *command.argv[1:]],
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=subprocess.PIPE if together else subprocess.DEVNULL if stdout is None else stdout,
                stderr=subprocess.STDOUT if together else subprocess.PIPE,
                env=clean_environment(command.env),
                cwd="/",
                close_fds=True,
                pass_fds=command.pass_fds,
                start_new_session=True,
                bufsize=0,
            )
        except OSError as problem:
            raise ToolError(
                f"'{command.name}' could not be started: {problem.strerror}",
                "See whether it is installed and may be run by this user",
                code="tool.start",
            ) from problem
        if together:
            process.stderr, process.stdout = process.stdout, None
        try:
            child = Child(process, command, self)
        except BaseException:
            # Nobody would know of it, not even the warden.
            process.kill()
            process.wait()
            raise
        self._alive[process.pid] = child
        if self._warden is not None:
            self._warden.watch_process(process.pid)
        return child

    def forget(self, child: Child) -> None:
        if self._alive.pop(child.process.pid, None) is not None and self._warden is not None:
            self._warden.forget_process(child.process.pid)

    def run(self, command: Command, *, stdin: bytes = b"", timeout: float = 60, limit: int = 64 << 20) -> Result:
        """Run a short program to its end, feed it, and return what it said (at most ``limit`` bytes)."""
        child = self.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        late = threading.Event()

        def give_up() -> None:
            late.set()
            child.signal_group(signal.SIGKILL)

        timer = threading.Timer(timeout, give_up)
        feeder = threading.Thread(target=_feed, args=(child.stdin, stdin), daemon=True)
        try:
            begin(timer)
            begin(feeder)
            said = _read_all(child.stdout, limit)
            if said is None:
                child.signal_group(signal.SIGKILL)
            result = child.wait(timeout + _GRACE)
        finally:
            timer.cancel()
            # The feeder ends before its pipe is closed: the number of a closed file is given to the next that opens.
            child.signal_group(signal.SIGKILL)
            if feeder.ident is not None:
                feeder.join(_GRACE)
            child.kill()
        if late.is_set():
            raise _too_late(command, timeout, result.stderr)
        if said is None:
            raise ToolError(
                f"'{command.name}' said more than {limit} bytes",
                "This is not expected; run it by hand on the host and look",
                code="tool.output",
            )
        return Result(result.status, said, result.stderr)


class _Tail:
    """Keeps the first and the last part of what a program says, so that memory stays bounded."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._lost = 0

    def add(self, chunk: bytes) -> None:
        room = STDERR_LIMIT // 2 - len(self._head)
        self._head += chunk[:room] if room > 0 else b""
        self._tail += chunk[max(room, 0) :]
        if len(self._tail) > STDERR_LIMIT // 2:
            self._lost += len(self._tail) - STDERR_LIMIT // 2
            del self._tail[: -STDERR_LIMIT // 2]

    def text(self) -> str:
        gap = f"\n… {self._lost} bytes left out …\n".encode() if self._lost else b""
        return (bytes(self._head) + gap + bytes(self._tail)).decode("utf-8", "replace").strip()


def _too_late(command: Command, timeout: float, said: str) -> ToolError:
    return ToolError(
        f"'{command.name}' did not end within {timeout:g} seconds and was killed",
        "See whether the server or the disk hangs",
        code="tool.timeout",
        detail=said,
    )


def _feed(stream: t.IO[bytes], data: bytes) -> None:
    try:
        with stream:
            view = memoryview(data)
            while view:
                view = view[stream.write(view) :]
    except (OSError, ValueError):
        # It does not listen any more, or was ended from outside: its exit status tells.
        pass


def _read_all(stream: t.IO[bytes], limit: int) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    with stream:
        while True:
            chunk = stream.read(65536)
            if not chunk:
                return b"".join(parts)
            size += len(chunk)
            if size > limit:
                return None
            parts.append(chunk)
