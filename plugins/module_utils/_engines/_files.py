# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Source trees by GNU tar (K3): owners, modes, links, ACLs, extended attributes, sparse files."""

from __future__ import annotations

import contextlib
import dataclasses
import fnmatch
import re
import typing as t

from .._base._errors import EngineError
from .._base._findings import Finding
from .._base._process import Command
from .._base._reader import Reader, shown
from ._base import Context, Inventory, Probe, Stream
from ._tarcheck import TarCheck
from ._tardigest import LIMIT, Digests
from ._tarlook import look
from ._tarwords import judge

# One record is what the pipe to us holds; tar pads the archive to a whole number of them.
RECORD_BLOCKS = 128
RECORD = RECORD_BLOCKS * 512

_KEEP = ("--acls", "--xattrs", "--xattrs-include=*")
RESTORE = ("tar", "--extract", "--file=-", "--directory={target}", "--preserve-permissions", *_KEEP)


@dataclasses.dataclass(frozen=True)
class FilesOptions:
    """``path`` is the tree; ``exclude`` holds patterns as `docs/engines/files.md` describes them."""

    path: str
    exclude: tuple[str, ...] = ()
    one_file_system: bool = True


def tar_arguments(options: FilesOptions) -> tuple[str, ...]:
    """All but the output and the operand; pure, so that a test can read it."""
    words = ["--format=posix", "--pax-option=delete=atime,delete=ctime", "--sparse", *_KEEP]
    # Else another file system has another order, and of two hard links another one is the file.
    words.append("--sort=name")
    words += ["--quoting-style=escape", f"--blocking-factor={RECORD_BLOCKS}"]
    if options.one_file_system:
        words.append("--one-file-system")
    words += ["--wildcards", "--no-wildcards-match-slash"]
    for pattern in options.exclude:
        if pattern.startswith("/"):
            words += ["--anchored", f"--exclude=.{pattern}"]
        else:
            words += ["--no-anchored", f"--exclude={pattern}"]
    words.append(f"--directory={options.path}")
    return tuple(words)


def check_pattern(value: str) -> str:
    """A pattern without trailing slashes; refuses what would leave out the tree itself."""
    pattern = re.sub(r"/+", "/", value[1:] if value.startswith("./") else value).rstrip("/")
    if ".." in pattern.split("/"):
        raise ValueError(f"{shown(value)} must not have '..'")
    plain = pattern.replace("\\", "")
    if not plain or any(fnmatch.fnmatchcase(".", word) for word in (plain, pattern)):
        raise ValueError(f"{shown(value)} leaves out the whole tree; for all hidden files write '.?*'")
    return pattern


class FilesSession:
    """One pass of tar over the tree. A tree has no snapshot: what changes meanwhile is told by findings."""

    def __init__(self, options: FilesOptions, depth: str) -> None:
        self._options = options
        self._digests = Digests() if depth == "digests" else None
        self._check = TarCheck(RECORD, self._digests)
        self._found: tuple[Finding, ...] = ()

    def streams(self) -> t.Iterator[Stream]:
        yield Stream(
            part="",
            kind="tar",
            end_check=self._check,
            judge=self._judge,
            restore=RESTORE,
            command=Command(("tar", "--create", "--file=-", *tar_arguments(self._options), "--", ".")),
        )

    def inventory(self) -> Inventory:
        """Counted in the stream itself, so it is exact for what the backup holds."""
        objects = self._digests.objects() if self._digests is not None else ()
        bounded = self._digests is not None and not self._digests.complete
        why = f"more than {LIMIT} files: no list of single files is kept" if bounded else ""
        return Inventory(exact=True, totals=dict(self._check.totals), objects=objects, why=why)

    def findings(self) -> t.Sequence[Finding]:
        return ()

    def _judge(self, status: int, stderr: str) -> t.Sequence[Finding]:
        return judge(self._options.path, status, stderr)


class FilesEngine:
    """The engine ``files``."""

    name = "files"
    types = frozenset({"F"})

    def parse(self, reader: Reader) -> FilesOptions:
        options = FilesOptions(
            path=_one_slash(reader.path_of("path")),
            exclude=reader.words("exclude", check=check_pattern),
            one_file_system=reader.flag("one_file_system", True),
        )
        reader.done()
        return options

    def probe(self, options: FilesOptions, context: Context) -> Probe:
        return look(options.path, tar_arguments(options), context)

    @contextlib.contextmanager
    def open(self, options: FilesOptions, probe: Probe, context: Context) -> t.Iterator[FilesSession]:
        for finding in probe.findings:
            if finding.level == "error":
                raise EngineError(finding.message, finding.remedy, code="engine.source")
        yield FilesSession(options, context.inventory)

    def describe(self, options: FilesOptions) -> str:
        return f"tree {options.path}"


def _one_slash(path: str) -> str:
    return re.sub(r"/+", "/", path).rstrip("/") or "/"
