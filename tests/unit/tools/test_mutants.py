# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mutation harness: what it plants, what it leaves alone, and how it judges."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from tests.mutants import page
from tests.mutants.baseline import Baseline
from tests.mutants.plant import Mutant, control, mutants_of
from tests.mutants.results import Results
from tests.mutants.targets import GROUPS

from checkout import ROOT


def planted(source: str) -> set[tuple[str, str]]:
    return {(mutant.operator, mutant.source.strip()) for mutant in mutants_of("x.py", source)}


@pytest.mark.parametrize(
    ("source", "operator", "mutant"),
    [
        ("x = a <= b", "boundary", "x = a < b"),
        ("x = a <= b", "comparison", "x = a > b"),
        ("x = a in b", "comparison", "x = a not in b"),
        ("x = a and b", "boolean", "x = a or b"),
        ("x = a and b", "operand", "x = b"),
        ("x = not a", "not", "x = a"),
        ("x = -a", "sign", "x = a"),
        ("x = a - b", "arithmetic", "x = a + b"),
        ("x = 7", "constant", "x = 8"),
        ("x = True", "constant", "x = False"),
        ("x = 'word'", "constant", "x = 'wordXX'"),
        ("x = b''", "constant", "x = b'XX'"),
        ("f(a, b)", "arguments", "f(b, a)"),
        ("f(a, b=c)", "keyword", "f(a)"),
        ("x = min(a, b)", "twin", "x = max(a, b)"),
        ("f(a)", "removed", "pass"),
        ("x += a", "removed", "pass"),
        ("x.y = a", "removed", "pass"),
        ("raise x", "removed", "pass"),
        ("x = a[b:c]", "slice", "x = a[:c]"),
        ("x = f'{a:02d}'", "format", "x = f'{a}'"),
        ("x = a if b else c", "branches", "x = c if b else a"),
        ("x = [a for a in b if c]", "filter", "x = [a for a in b]"),
        ("if a:\n    b", "condition", "if not a:\n    b"),
        ("for a in b:\n    c", "loop", "for a in ():\n    c"),
        ("for a in b:\n    continue", "leap", "for a in b:\n    break"),
        ("try:\n    a\nexcept (B, C):\n    d", "exception", "try:\n    a\nexcept (C,):\n    d"),
        ("try:\n    a\nexcept B:\n    d", "exception", "try:\n    a\nexcept ():\n    d"),
        ("with suppress.suppress(B):\n    a", "exception", "with suppress.suppress():\n    a"),
        ("def f():\n    return a", "return", "def f():\n    return None"),
    ],
)
def test_each_operator_plants_its_fault(source: str, operator: str, mutant: str) -> None:
    assert (operator, mutant) in planted(source)


@pytest.mark.parametrize(
    "source",
    [
        "import a",
        "__all__ = ['a']",
        "'''Words.'''",
        "x = 'a text with spaces'",
        "x: t.List[int]",
        "Take = t.Callable[[int], None]",
        "class P(t.Protocol):\n    x = 1",
        "@f(frozen=True)\ndef g(x: int) -> bool: pass",
        "x = max(a, b)[c]",
    ],
)
def test_what_no_test_should_notice_is_left_alone(source: str) -> None:
    assert {operator for operator, unused in planted(source)} <= {"twin"}


@pytest.mark.parametrize("file", [file for group in GROUPS.values() for file in group.files()])
def test_every_mutant_of_the_core_differs_has_one_name_and_compiles(file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    mutants = mutants_of(file, text)
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    assert control(text) not in {mutant.source for mutant in mutants}
    for mutant in mutants:
        ast.parse(mutant.source)
        assert all(0 < line <= len(text.splitlines()) for line in mutant.lines)
        assert mutant.before != mutant.after


def mutant_at(lines: range) -> Mutant:
    return Mutant("a.py", "f", "constant", "1", "2", 1, 1, lines, "")


def test_the_tests_that_run_the_line_are_asked_and_quick_ones_first() -> None:
    measured = Baseline({"slow": 9.0, "quick": 0.1, "other": 0.2}, {"a.py": {3: ["slow", "quick"], 5: ["other"]}})
    assert measured.tests_for(mutant_at(range(3, 4))) == ["quick", "slow"]
    assert measured.tests_for(mutant_at(range(8, 9))) == ["quick", "other", "slow"], "a line that no test reached"
    assert measured.tests_for(mutant_at(range(0))) == ["quick", "other", "slow"], "what happens at import"
    assert measured.cost(["quick", "other"]) == pytest.approx(0.3)


PROJECT = {
    "pyproject.toml": '[tool.pytest.ini_options]\npythonpath = ["."]\nfilterwarnings = ["error"]\n',
    "core.py": "answer = 42\n",
    "test_core.py": "import core\n\n\ndef test_it():\n    assert core.answer == 42\n",
}
ORPHAN = "import subprocess\nanswer = 42\nsubprocess.Popen(['sleep', '%s'])\n"


def judged(place: Path, *sources: str, limit: float = 60) -> list[dict[str, t.Any]]:
    """Answers of a worker in a small project of its own."""
    for name, text in PROJECT.items():
        (place / name).write_text(text, encoding="utf-8")
    tasks = [{"file": "core.py", "source": one, "tests": ["test_core.py::test_it"], "limit": limit} for one in sources]
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants.worker"],
        input="".join(json.dumps(task) + "\n" for task in tasks),
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_worker_tells_what_is_noticed_and_puts_the_source_back(tmp_path: Path) -> None:
    answers = judged(tmp_path, "answer = 41\n", "answer = 42 \n", "answer = \n", "raise SystemExit(0)\n")
    assert [answer["outcome"] for answer in answers] == ["killed", "survived", "killed", "killed"]
    assert answers[0]["by"] == "test_core.py::test_it"
    assert (tmp_path / "core.py").read_text(encoding="utf-8") == PROJECT["core.py"]


def test_a_mutant_that_does_not_end_is_ended(tmp_path: Path) -> None:
    assert judged(tmp_path, "while True:\n    pass\n", limit=1)[0]["outcome"] == "timeout"


def test_what_a_mutant_leaves_running_is_ended(tmp_path: Path) -> None:
    seconds = f"86400.{os.getpid()}"
    assert [answer["outcome"] for answer in judged(tmp_path, ORPHAN % seconds)] == ["killed"]
    lines = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
    assert not [line for line in lines if seconds.encode() in line]


def test_the_score_counts_explained_survivors_as_survivors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    mutants = mutants_of("plugins/module_utils/a.py", "def f(a):\n    return a <= 1\n")
    monkeypatch.setattr("tests.mutants.results.PATH", tmp_path / "results.jsonl")
    results = Results("state")
    for place, mutant in enumerate(mutants):
        results.add(mutant, {"outcome": "survived" if place < 2 else "killed", "by": ""}, 0.1)
    first = mutants[0]
    known = {(first.file, first.function, first.before, first.after): "it is so"}
    row = page.row("a", mutants, results, known)
    assert (row.mutants, row.killed, row.explained, row.open) == (len(mutants), len(mutants) - 2, 1, 1)


def test_what_was_not_judged_has_no_score(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tests.mutants.page.PAGE", tmp_path / "mutants.md")
    page.write({"naming": []}, 7, Results("state"))
    text = (tmp_path / "mutants.md").read_text(encoding="utf-8")
    assert "These are 0 of 7 mutants" in text and "naming" not in text.partition("| part |")[2] and "100.0" not in text


def test_every_explanation_fits_a_mutant_that_exists() -> None:
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for group in GROUPS.values() for file in group.files()}
    there = {
        (mutant.file, mutant.function, mutant.before, mutant.after)
        for file, text in texts.items()
        for mutant in mutants_of(file, text)
    }
    assert set(page.explanations()) - there == set()
