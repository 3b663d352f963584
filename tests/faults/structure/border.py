# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the process ends and the world begins: which calls cross that border, and what can go wrong at each.

Everything in the modules of ``MODULES`` that can be called is taken for a
crossing unless it is listed as harmless, so that a function that nobody
thought of counts from the day it is used.
"""

from __future__ import annotations

import functools
import importlib
import typing as t

MODULES = (
    "concurrent.futures",
    "fcntl",
    "glob",
    "io",
    "mmap",
    "multiprocessing",
    "os",
    "os.path",
    "pathlib",
    "pwd",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "subprocess",
    "tempfile",
    "threading",
    "zoneinfo",
)
BUILTINS = ("open",)
# Our own word for a program with its arguments: where one is written down, a program is started sooner or later.
PROGRAM = "Command"
# They look at nothing but their arguments, or at what a process always knows of itself.
HARMLESS = frozenset(
    {
        "concurrent.futures.Future",
        "concurrent.futures.ThreadPoolExecutor",
        "concurrent.futures.wait",
        "glob.escape",
        "glob.has_magic",
        "io.BufferedReader",
        "io.BytesIO",
        "os._exit",
        "os.cpu_count",
        "os.environ",
        "os.fsdecode",
        "os.fsencode",
        "os.fspath",
        "os.geteuid",
        "os.getpid",
        "os.getuid",
        "os.path.basename",
        "os.path.commonpath",
        "os.path.dirname",
        "os.path.isabs",
        "os.path.join",
        "os.path.normpath",
        "os.path.relpath",
        "os.path.samestat",
        "os.path.split",
        "os.path.splitext",
        "os.strerror",
        "os.uname",
        "os.waitstatus_to_exitcode",
        "signal.Signals",
        "signal.getsignal",
        "socket.inet_pton",
        "threading.Condition",
        "threading.Event",
        "threading.Lock",
        "threading.RLock",
        "threading.Thread",
        "threading.Timer",
        "threading.current_thread",
        "threading.local",
        "zoneinfo.available_timezones",
    }
)
# Methods of what the border hands out: connections, statements, streams, processes, threads, entries of a directory.
METHODS = frozenset(
    {
        "backup",
        "commit",
        "execute",
        "executemany",
        "fetchall",
        "fetchone",
        "flush",
        "is_dir",
        "is_file",
        "is_symlink",
        "mincore",
        "poll",
        "read",
        "readinto",
        "readline",
        "start",
        "submit",
        "wait",
        "write",
    }
)
# Our own classes have methods of these names, too: only what these words hold is a file or a process.
_FILES = frozenset(
    ["stream", "source", "events", "file", "stdin", "stdout", "stderr", "process", "_process", "listing", "ready"]
)
AMBIGUOUS: t.Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("read", "readline", "readinto", "write", "flush", "wait", "poll"), _FILES),
    "commit": frozenset({"connection", "copy"}),
    "start": frozenset({"thread", "_thread", "timer", "_timer", "reader"}),
    "submit": frozenset({"pool"}),
}

FAMILIES: t.Mapping[str, str] = {
    name: family
    for family, names in {
        "open": "os.open os.fdopen os.memfd_create os.pipe os.dup2 os.dup",
        "file": "open io.open",
        "read": "os.read os.readv os.pread .read .readline .readinto",
        "write": "os.write os.pwrite .write .flush os.sendfile",
        "flush": "os.fsync os.fdatasync",
        "name": "os.rename os.replace os.link os.symlink os.mkdir os.makedirs os.mkfifo os.mknod",
        "remove": "os.unlink os.remove os.rmdir os.removedirs",
        "sweep": "shutil.rmtree",
        "change": "os.chmod os.fchmod os.chown os.fchown os.lchown os.ftruncate os.truncate os.utime",
        "look": "os.stat os.lstat os.fstat os.listdir os.scandir os.statvfs os.fstatvfs shutil.disk_usage os.readlink"
        " .is_dir .is_file .is_symlink os.lseek os.getxattr os.listxattr",
        "there": "os.path.exists os.path.lexists os.path.isdir os.path.isfile os.path.islink os.path.ismount os.access",
        "advice": "os.posix_fadvise os.set_blocking fcntl.fcntl .mincore",
        "lock": "fcntl.flock fcntl.lockf",
        "close": "os.close",
        "start of programs": "subprocess.Popen subprocess.run",
        "program": PROGRAM,
        "process": "os.fork os.setsid os.chdir os.waitpid",
        "signal": "os.kill os.killpg signal.signal .wait .poll select.poll",
        "thread": ".start .submit",
        "database": "sqlite3.connect .execute .executemany .fetchone .fetchall .backup .commit",
        "scratch": "tempfile.TemporaryDirectory tempfile.mkdtemp tempfile.mkstemp tempfile.NamedTemporaryFile",
        "search": "shutil.which glob.glob glob.iglob os.path.realpath",
        "names": "pwd.getpwuid pwd.getpwnam zoneinfo.ZoneInfo",
    }.items()
    for name in names.split()
}

# Most telling first: the first ones of each list are in the daily share of the tests.
KINDS: t.Mapping[str, tuple[str, ...]] = {
    "open": ("EIO", "EACCES", "EMFILE", "EIO from then on", "kill", "hang"),
    "file": ("EIO", "broken", "EACCES", "EIO from then on", "kill", "hang"),
    "read": ("EIO", "short", "empty", "EIO from then on", "kill", "hang"),
    "write": ("ENOSPC", "kill", "short", "EIO", "ENOSPC from then on", "hang"),
    "flush": ("EIO", "kill", "ENOSPC", "EIO from then on", "killed after", "hang"),
    "name": ("EIO", "kill", "killed after", "EACCES", "ENOSPC", "EROFS", "EIO from then on", "hang"),
    "remove": ("EIO", "kill", "killed after", "EACCES", "EIO from then on"),
    "sweep": ("nothing", "kill", "killed after"),
    "change": ("EIO", "EPERM", "kill"),
    "look": ("EIO", "EACCES", "ENOENT", "EIO from then on", "kill", "hang"),
    "there": ("denied", "kill", "hang"),
    "advice": ("EIO", "EINVAL"),
    "lock": ("ENOLCK", "EIO", "kill", "hang"),
    "close": ("EIO", "kill"),
    "start of programs": ("EAGAIN", "ENOENT", "child killed", "kill", "killed after"),
    "program": (
        "child fails", "child half", "child stays", "child killed", "child talks", "child cannot write",
        "child cannot read", "child missing", "kill",
    ),
    "process": ("EAGAIN", "kill"),
    "signal": ("kill",),
    "thread": ("no thread", "kill"),
    "database": ("disk I/O error", "malformed", "database or disk is full", "locked", "kill"),
    "scratch": ("ENOSPC", "EACCES", "kill"),
    "search": ("none", "kill"),
    "names": ("unknown",),
    "step": ("kill", "stop"),
    "event": ("kill", "killed after", "journal full"),
    "other": ("EIO", "kill"),
}  # fmt: skip


def family(operation: str) -> str:
    """What kind of crossing an operation is; what the table does not know can at least fail."""
    return FAMILIES.get(operation, "other")


@functools.cache
def crosses(dotted: str) -> bool:
    """Whether a dotted name of the standard library is something that, when called, leaves the process."""
    if dotted in (*BUILTINS, PROGRAM):
        return True
    if any(dotted == name or dotted.startswith(name + ".") for name in HARMLESS):
        return False
    module, _dot, name = dotted.rpartition(".")
    if module not in MODULES:
        return False
    found = getattr(importlib.import_module(module), name, None)
    is_error = isinstance(found, type) and issubclass(found, BaseException)
    return callable(found) and not is_error
