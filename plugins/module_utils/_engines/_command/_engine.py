# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine ``command``: any program that writes a dump to its standard output."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ..._base._errors import EngineError
from ..._base._findings import ERROR
from ..._base._reader import Reader
from .._base import Context, Probe
from ._options import Options, parse
from ._preflight import look
from ._session import CommandSession


class CommandEngine:
    """Full backups (F) by what the site itself knows how to dump."""

    name = "command"
    types = frozenset({"F"})

    def parse(self, reader: Reader) -> Options:
        return parse(reader)

    def probe(self, options: Options, context: Context) -> Probe:
        return look(options, context)

    @contextlib.contextmanager
    def open(self, options: Options, probe: Probe, context: Context) -> t.Iterator[CommandSession]:
        for finding in probe.findings:
            if finding.level == ERROR:
                raise EngineError(finding.message, finding.remedy, code=finding.code)
        with CommandSession(options, context) as session:
            yield session

    def describe(self, options: Options) -> str:
        """Only the programs: what else stands in the words is the site's own business."""
        where = f" behind {os.path.basename(options.prefix[0])}" if options.prefix else ""
        return f"output of {os.path.basename(options.dump[0])}{where}"
