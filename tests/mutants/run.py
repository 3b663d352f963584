# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plants small faults in the core and counts how many the tests notice: ``python -m tests.mutants.run [GROUP...]``.

Works on copies of the checkout below ``.cache``; the working tree is never touched. A run that was stopped goes on
where it was. When all groups were measured whole, ``docs/mutants.md`` is written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

from tests.mutants import baseline, page
from tests.mutants.baseline import Baseline
from tests.mutants.plant import Mutant, control, mutants_of
from tests.mutants.results import Results
from tests.mutants.targets import GROUPS
from tests.mutants.worker import SURVIVED

from checkout import ROOT

SPARE_SECONDS = 10
TIMES_SLOWER = 4
# On a busy machine a test may fail once by itself; it is shown.
CONTROLS = 2


class Worker:
    """A process that judges mutants in a copy of its own."""

    def __init__(self, copy: Path) -> None:
        command = [sys.executable, "-m", "tests.mutants.worker"]
        environment = baseline.environment(copy, PYTHONDONTWRITEBYTECODE="1")
        self._process = subprocess.Popen(
            command, cwd=copy, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def judge(self, file: str, source: str, tests: t.Sequence[str], seconds: float) -> dict[str, t.Any]:
        assert self._process.stdin and self._process.stdout
        limit = SPARE_SECONDS + TIMES_SLOWER * seconds
        task = {"file": file, "source": source, "tests": tests, "limit": limit}
        print(json.dumps(task), file=self._process.stdin, flush=True)
        answer: dict[str, t.Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def judge_control(worker: Worker, group: str, root: Path, measured: Baseline) -> None:
    """Nothing may fail with a source that was only written anew: else every mutant would seem to be noticed."""
    tests = sorted(measured.seconds, key=lambda test: measured.seconds[test])
    file = GROUPS[group].files(root)[-1]
    source = control((root / file).read_text(encoding="utf-8"))
    for _attempt in range(CONTROLS):
        answer = worker.judge(file, source, tests, measured.cost(tests))
        if answer["outcome"] == SURVIVED:
            return
        print(f"{group}: {answer['by']} fails without a fault:\n{answer.get('output', '')}", file=sys.stderr)
    raise SystemExit(f"No mutant of {group} was judged: its tests fail without one")


def judge_all(workers: list[Worker], mutants: list[Mutant], measured: Baseline, results: Results) -> None:
    """Give every mutant to the next worker that is free."""
    waiting: queue.SimpleQueue[Mutant] = queue.SimpleQueue()
    for mutant in mutants:
        waiting.put(mutant)
    lock, began = threading.Lock(), time.monotonic()

    def work(worker: Worker) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                mutant = waiting.get_nowait()
                tests = measured.tests_for(mutant)
                started = time.monotonic()
                answer = worker.judge(mutant.file, mutant.source, tests, measured.cost(tests))
                with lock:
                    results.add(mutant, answer, time.monotonic() - started)
                    done = len(mutants) - waiting.qsize()
                    print(f"\r{done}/{len(mutants)} in {time.monotonic() - began:.0f} s", end="", file=sys.stderr)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(file=sys.stderr)


def chosen(group: str, root: Path, every: int = 1, only: str = "") -> list[Mutant]:
    """The mutants of a group in a checkout; of a copy, for the working tree may move on while they are judged."""
    found = [
        mutant
        for file in GROUPS[group].files(root)
        for mutant in mutants_of(file, (root / file).read_text(encoding="utf-8"))
        if only in f"{mutant.file}:{mutant.function}"
    ]
    return found[::every]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How many small faults of the core do the tests notice?")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=", ".join(GROUPS))
    parser.add_argument("--every", type=int, default=1, help="take one mutant of so many")
    parser.add_argument("--only", default="", help="take those whose file:function holds this text")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep-killed", action="store_true", help="do not ask again what older tests have noticed")
    parser.add_argument("--page", action="store_true", help="write the page though not all have been judged")
    asked = parser.parse_args()
    if set(asked.groups) - set(GROUPS):
        parser.error(f"the groups are {', '.join(GROUPS)}")
    return asked


def main() -> int:
    asked = arguments()
    groups = asked.groups or list(GROUPS)
    results = Results.load(asked.keep_killed)
    began = time.monotonic()
    copies = [baseline.make_copy(results.state)]
    measures = {group: baseline.measure(copies[0], group, GROUPS[group].tests) for group in groups}
    print(f"The tests ran once, in {time.monotonic() - began:.0f} s", file=sys.stderr)
    copies += [baseline.clone(number) for number in range(1, asked.workers)]
    workers = [Worker(copy) for copy in copies]
    try:
        for group in groups:
            judge_control(workers[0], group, copies[0], measures[group])
            mutants = chosen(group, copies[0], asked.every, asked.only)
            open_ones = [mutant for mutant in mutants if not results.has(mutant)]
            print(f"{group}: {len(mutants)} mutants, {len(open_ones)} of them to be judged", file=sys.stderr)
            judge_all(workers, open_ones, measures[group], results)
            print(page.summary(group, mutants, results))
    finally:
        for worker in workers:
            worker.close()
    results.spend(time.monotonic() - began)
    write_page(results, of_a_part=asked.page)
    return 0


def write_page(results: Results, *, of_a_part: bool) -> None:
    """Only of all mutants, unless a page of those judged so far was asked for."""
    whole = {group: chosen(group, ROOT) for group in GROUPS}
    judged = {group: [mutant for mutant in mutants if results.has(mutant)] for group, mutants in whole.items()}
    if judged == whole or of_a_part:
        page.write(judged, sum(map(len, whole.values())), results)


if __name__ == "__main__":
    sys.exit(main())
