# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of each mutant, kept line by line so that a run that was stopped can go on."""

from __future__ import annotations

import hashlib
import json
import typing as t

from tests.mutants.plant import Mutant
from tests.mutants.worker import KILLED, TIMEOUT

from checkout import CACHE, ROOT, listed_files

PATH = CACHE / "mutants" / "results.jsonl"
READ_BY_TESTS = ("plugins", "tests", "pyproject.toml")


class Results:
    """Holds for one state of code and tests; of another state only what was noticed may be taken over."""

    def __init__(self, state: str) -> None:
        self.state = state
        self.found: dict[str, dict[str, t.Any]] = {}
        self.seconds = 0.0

    @classmethod
    def load(cls, keep_killed: bool) -> Results:
        """The results so far; they are begun anew when code or tests are others."""
        results = cls(state_of_checkout())
        lines = PATH.read_text(encoding="utf-8").splitlines() if PATH.is_file() else []
        old = [json.loads(line) for line in lines]
        same = bool(old) and old[0]["state"] == results.state
        PATH.parent.mkdir(parents=True, exist_ok=True)
        PATH.write_text(json.dumps({"state": results.state}) + "\n", encoding="utf-8")
        for line in old[1:]:
            if "spent" in line:
                results.spend(line["spent"] if same else 0)
            elif same or (keep_killed and line["outcome"] in (KILLED, TIMEOUT)):
                results._keep(line)
        return results

    def has(self, mutant: Mutant) -> bool:
        return self.found.get(mutant.key, {}).get("source") == _digest(mutant.source)

    def add(self, mutant: Mutant, answer: dict[str, t.Any], seconds: float) -> None:
        line = {"key": mutant.key, "source": _digest(mutant.source), "seconds": round(seconds, 2), **answer}
        line.pop("output", None)
        self._keep(line)

    def outcome(self, mutant: Mutant) -> str:
        return str(self.found[mutant.key]["outcome"])

    def spend(self, seconds: float) -> None:
        """Add to the time that these results took, all runs together."""
        self.seconds += seconds
        self._write({"spent": seconds})

    def _keep(self, line: dict[str, t.Any]) -> None:
        self.found[line["key"]] = line
        self._write(line)

    def _write(self, line: dict[str, t.Any]) -> None:
        with PATH.open("a", encoding="utf-8") as stream:
            print(json.dumps(line), file=stream)


def state_of_checkout() -> str:
    """A hash of all that could change what a test says."""
    total = hashlib.sha256()
    for path in listed_files():
        if path.parts[0] in READ_BY_TESTS:
            total.update(f"{path}\n{hashlib.sha256((ROOT / path).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
