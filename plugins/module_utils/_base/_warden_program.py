# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the warden does. A bare Python gets this file by its text, so it knows nothing of ours.

It reads notes from its standard input, one JSON mapping on a line. When the
input ends, whoever wrote them has ended: what is still noted then is cleaned
up, and the after-hooks that are still due are run.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import typing as t

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SAID_LIMIT = 64 * 1024
_GRACE = 5
Note = t.Mapping[str, t.Any]


def main() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    processes, directories, hooks = read_notes(sys.stdin.buffer)
    for process in processes:
        with contextlib.suppress(OSError):
            os.killpg(process, signal.SIGKILL)
    for directory in directories:
        shutil.rmtree(directory, ignore_errors=True)
    # What is ignored would be ignored by the hooks as well; what is handled is not.
    for number in _SIGNALS:
        signal.signal(number, _deaf)
    for hook in reversed(hooks):
        run_hook(hook)


def read_notes(lines: t.Iterable[bytes]) -> tuple[list[int], list[str], list[Note]]:
    """What is still held when the notes end: process groups, directories, after-hooks in the order of their windows."""
    held: dict[str, dict[t.Any, Note]] = {"process": {}, "directory": {}, "hook": {}}
    for line in lines:
        try:
            note = json.loads(line)
        except ValueError:
            # The last note of a writer that was killed in the middle of it.
            break
        if note["hold"]:
            held[note["what"]][note["value"]] = note
        else:
            held[note["what"]].pop(note["value"], None)
    return list(held["process"]), list(held["directory"]), [note["hook"] for note in held["hook"].values()]


def run_hook(hook: Note) -> None:
    """Run a hook to its end or its time limit, and write beside its note what became of it."""
    began = time.monotonic()
    start = time.time()
    said = bytearray()
    status, late = None, False
    try:
        process = subprocess.Popen(
            hook["argv"],
            env=hook["env"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,
        )
    except OSError as problem:
        said += str(problem.strerror).encode()
    else:
        reader = threading.Thread(target=_keep, args=(process.stdout, said), daemon=True)
        # A host at its limit of threads has its hook run all the same; what it says stays in its pipe.
        with contextlib.suppress(RuntimeError):
            reader.start()
        late = not _ended(process.pid, began + hook["seconds"])
        with contextlib.suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        if reader.ident is not None:
            reader.join(_GRACE)
    result = {
        "status": status,
        "late": late,
        "said": bytes(said).decode("utf-8", "replace").strip(),
        "began": start + hook["shift"],
        "seconds": round(time.monotonic() - began, 3),
    }
    with contextlib.suppress(OSError):
        _write(hook["result"], json.dumps(result).encode())


def _ended(pid: int, deadline: float) -> bool:
    """Whether a child came to its end in time; it is not reaped, so that nobody else gets the number of its group."""
    pause = 0.001
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause)
        pause = min(2 * pause, 0.05)
    return True


def _keep(stream: t.IO[bytes], said: bytearray) -> None:
    """The first part of what it says; the rest is read and left out."""
    with stream:
        for chunk in iter(lambda: os.read(stream.fileno(), 8192), b""):
            said += chunk[: max(0, _SAID_LIMIT - len(said))]


def _write(path: str, data: bytes) -> None:
    """A whole file or none: where it cannot be written, the hook is run again by the next run."""
    temporary = path + ".part"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    try:
        try:
            while data:
                data = data[os.write(descriptor, data) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _deaf(_number: int, _frame: object) -> None:
    """Nothing may end the warden but its work."""


if __name__ == "__main__":
    main()
