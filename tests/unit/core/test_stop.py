# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is told to stop, while something runs that must not be cut short."""

from __future__ import annotations

import os
import signal
import subprocess
import typing as t

import pytest
from tests.support.signals import ignored

from ansible_collections.nusantara.backup.plugins.module_utils._base import _stop
from ansible_collections.nusantara.backup.plugins.module_utils._base._stop import StoppedError, held_back, listen


@pytest.fixture(autouse=True)
def _signals() -> t.Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    listen()
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_it_waits_for_the_end_of_what_is_held() -> None:
    done: list[int] = []

    def told_twice() -> None:
        with held_back():
            with held_back():
                os.kill(os.getpid(), signal.SIGTERM)
                done.append(1)
            done.append(2)
            os.kill(os.getpid(), signal.SIGINT)
            done.append(3)

    with pytest.raises(StoppedError, match="SIGTERM"):
        told_twice()
    assert done == [1, 2, 3]
    with held_back():
        done.append(4)
    assert _stop._Patience.waiting == "" and _stop._Patience.depth == 0


def test_outside_it_is_raised_at_once_and_only_once() -> None:
    with pytest.raises(StoppedError):
        os.kill(os.getpid(), signal.SIGHUP)
    os.kill(os.getpid(), signal.SIGTERM)
    seen = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
    assert ignored(seen) == [set()], "programs that are started now would ignore it for good"
