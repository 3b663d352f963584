# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compression and encryption as stages between the plain stream and the stored one."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import typing as t

from .._base._errors import ToolError
from .._base._model import Protection
from .._base._process import Children, Command, end_words

COMPRESSIONS = ("zstd", "gzip", "none")
ENCRYPTIONS = ("age", "none")
LEVELS: t.Mapping[str, tuple[int, int]] = {"zstd": (1, 19), "gzip": (1, 9), "none": (0, 19)}
_PRIVATE = "AGE-SECRET-KEY-"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}\Z")
_IDENTITY = re.compile(rb"AGE-SECRET-KEY-1[0-9A-Z]{58}")
_SUFFIX = {"zstd": ".zst", "gzip": ".gz", "none": "", "age": ".age"}


def check_recipient(text: str) -> str:
    """An age recipient by its form; age itself has the last word before a dump starts."""
    if text.upper().startswith(_PRIVATE):
        # Not one letter of it may reach a log.
        raise ValueError("is a private key: take it out of the inventory, and name its public key (age-keygen -y)")
    if not _RECIPIENT.match(text):
        raise ValueError(f"{ascii(text)[:24]}… is not an age recipient: age1 and 58 lower-case letters and digits")
    return text


def suffix(protection: Protection) -> str:
    """The ending that tells how to open an artifact: ``.zst.age``."""
    return _SUFFIX[protection.compression] + _SUFFIX[protection.encryption]


def encoders(protection: Protection, extra_recipient: str = "") -> list[Command]:
    """The programs between plain and stored stream, in order."""
    stages = []
    if protection.compression == "zstd":
        stages.append(Command(("zstd", "-q", f"-{protection.level}", "-T0", "-c")))
    elif protection.compression == "gzip":
        stages.append(Command(("gzip", "-n", f"-{protection.level}", "-c")))
    if protection.encryption == "age":
        recipients = [*protection.recipients, *([extra_recipient] if extra_recipient else [])]
        stages.append(Command(("age", "--encrypt", *(word for one in recipients for word in ("-r", one)))))
    return stages


def decoders(protection: Protection, identity_fd: int = -1) -> list[Command]:
    """The programs back from the stored to the plain stream; the identity is read from an open file."""
    stages = []
    if protection.encryption == "age":
        stages.append(Command(("age", "--decrypt", "-i", f"/proc/self/fd/{identity_fd}"), pass_fds=(identity_fd,)))
    if protection.compression != "none":
        stages.append(Command((protection.compression, "-q", "-d", "-c")))
    return stages


def check_tools(protection: Protection, children: Children) -> None:
    """Refuse before the dump starts: a tool that is absent, a recipient that age does not take.

    What worked once in a run with the same settings is not tried again.
    """
    for stage in encoders(protection):
        children.once(("works", stage.argv), functools.partial(_try, stage, children))


def _try(stage: Command, children: Children) -> None:
    done = children.run(stage, stdin=b"")
    if done.status != 0 or not done.stdout:
        raise ToolError(
            f"'{stage.name}' does not work with these settings: it {end_words(done.status)} {done.stderr}".strip(),
            "Correct the recipients or install the tool; without it nothing is written",
            code="tool.encryption" if stage.name == "age" else "tool.compression",
        )


class MemoryKey:
    """A key pair that lives in this run's memory only (``proof: open``)."""

    def __init__(self, children: Children) -> None:
        made = children.run(Command(("age-keygen",)))
        secret = _IDENTITY.search(made.stdout)
        public = re.search(rb"age1[02-9ac-hj-np-z]{58}", made.stdout)
        if made.status != 0 or secret is None or public is None:
            said = f"{end_words(made.status)} {made.stderr}".strip()
            raise ToolError(f"age-keygen made no key: it {said}", "Install age 1.0 or newer", code="tool.encryption")
        self.recipient = public.group().decode()
        self._secret = secret.group()

    @contextlib.contextmanager
    def descriptor(self) -> t.Iterator[int]:
        """The secret half as an anonymous file in memory, gone when closed."""
        identity = os.memfd_create("identity", os.MFD_CLOEXEC)
        try:
            os.write(identity, self._secret + b"\n")
            os.lseek(identity, 0, os.SEEK_SET)
            yield identity
        finally:
            os.close(identity)
