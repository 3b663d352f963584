# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks under those who look at them and those who sweep them up."""

from __future__ import annotations

import contextlib
import pathlib
import threading
import typing as t

from ansible_collections.nusantara.backup.plugins.module_utils._base import _locks

ROUNDS = 1500


@contextlib.contextmanager
def meanwhile(work: t.Callable[[], object]) -> t.Iterator[None]:
    """Do something over and over in other threads."""
    stop = threading.Event()

    def again() -> None:
        while not stop.is_set():
            work()

    threads = [threading.Thread(target=again) for _number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_who_only_looks_never_makes_a_run_fail(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "source-pegawai.lock")
    with meanwhile(lambda: _locks.is_held(path)):
        for _number in range(ROUNDS):
            with _locks.hold(path, "The source Pegawai"):
                pass


def test_a_lock_that_is_held_is_never_swept_from_under_its_holder(tmp_path: pathlib.Path) -> None:
    path = str(tmp_path / "run-1.lock")

    def sweep() -> None:
        if not _locks.is_held(path):
            _locks.remove(path)

    with meanwhile(sweep):
        for _number in range(ROUNDS // 5):
            with _locks.hold(path, "This run"):
                assert _locks.is_held(path)
