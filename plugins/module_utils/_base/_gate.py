# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that begins only when the warden knows of it.

Between the start of a program and the note to the warden lies a moment in
which a killed run would leave the program to itself. For a dump that costs
nothing: it ends with its pipe. A hook would go on, and switch a maintenance
mode on that the warden has just switched off.
"""

from __future__ import annotations

import os
import sys

from ._process import Child, Children, Command

# Waits for a byte, and ends without having done anything when there is none; Python's own signals are set back.
_WAIT = """
import os, signal, sys
gate = int(sys.argv[1])
opened = os.read(gate, 1)
os.close(gate)
if not opened:
    sys.exit(1)
for number in (signal.SIGPIPE, signal.SIGXFSZ):
    signal.signal(number, signal.SIG_DFL)
try:
    os.execv(sys.argv[2], sys.argv[2:])
except OSError as problem:
    sys.stderr.write("cannot be started: " + problem.strerror + "\\n")
    sys.exit(126)
"""


def spawn_noted(command: Command, children: Children) -> Child:
    """Start a program, which has an absolute path; its words on stdout and stderr are kept together."""
    reader, writer = os.pipe()
    try:
        python = sys.executable or "/usr/bin/python3"
        argv = (python, "-I", "-S", "-c", _WAIT, str(reader), *command.argv)
        child = children.spawn(Command(argv, env=command.env, pass_fds=(reader,)), together=True)
        os.write(writer, b".")
        return child
    finally:
        os.close(reader)
        os.close(writer)
