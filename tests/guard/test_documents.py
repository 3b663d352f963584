# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands, links and paths in README and documentation lead to something that exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checkout import ROOT, listed_files

NAMESPACE = "nusantara.backup"
LISTED = listed_files()
DOCUMENTS = [path for path in LISTED if path.suffix == ".md"]
FENCE = re.compile(r"^ *```.*?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|!\[[^\]]*\]\(([^)\s]+)[^)]*\)")


def names(pattern: str) -> set[str]:
    return {path.stem for path in LISTED if path.match(pattern) and len(path.parts) == pattern.count("/") + 1}


TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
PLAYBOOKS = names("playbooks/*.yml")
ROLES = {path.parts[1] for path in LISTED if path.parts[0] == "roles"}
PLUGINS = names("plugins/modules/*.py") | names("plugins/filter/*.py")


def command_problem(line: str) -> str:
    """What a line of a fenced block calls that does not exist; empty when all is well or it is no command of ours."""
    words = line.strip().removeprefix("$ ").removeprefix("# ").removeprefix("sudo ").split()
    if not words:
        return ""
    operands = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    ours = {word.removeprefix(f"{NAMESPACE}.") for word in operands if word.startswith(f"{NAMESPACE}.")}
    unknown: set[str] = set()
    if words[0] == "make":
        unknown = {word for word in operands if re.fullmatch(r"[a-z0-9-]+", word)} - TARGETS
    elif words[0] == "ansible-playbook":
        files = {word for word in operands if word.startswith("playbooks/") and not (ROOT / word).is_file()}
        unknown = (ours - PLAYBOOKS) | files
    elif words[0] == "ansible-doc":
        unknown = ours - PLUGINS - ROLES
    return f"{words[0]}: there is no {', '.join(sorted(unknown))}" if unknown else ""


def slugs(text: str) -> set[str]:
    """The anchors of a Markdown page's headings, as forges make them."""
    headings = re.findall(r"^#+ +(.*?) *$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_problem(page: Path, text: str, target: str) -> str:
    """Why a link of ``page`` leads nowhere; empty when it leads somewhere or out of the repository."""
    if re.match(r"[a-z]+:", target):
        return ""
    name, anchor = target.partition("#")[::2]
    aim = (ROOT / page).parent / name
    if not aim.exists():
        return f"link to {target}: no such file"
    if anchor and anchor not in slugs(aim.read_text(encoding="utf-8") if name else text):
        return f"link to {target}: no such heading"
    return ""


def path_problem(code: str) -> str:
    """A file or directory of the repository that is named in the text and is not there."""
    tops = {path.parts[0] for path in LISTED if len(path.parts) > 1}
    ours = re.fullmatch(r"[\w.-]+(?:/[\w.-]+)+/?", code) and code.split("/", maxsplit=1)[0] in tops
    return f"{code}: no such file" if ours and not (ROOT / code).exists() else ""


def problems(page: Path, text: str) -> list[str]:
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
    found = [command_problem(line) for line in lines]
    found += [path_problem(code) for code in CODE.findall(FENCE.sub("", text))]
    found += [link_problem(page, text, one or other) for one, other in LINK.findall(FENCE.sub("", text))]
    return [problem for problem in found if problem]


@pytest.mark.parametrize("page", DOCUMENTS, ids=str)
def test_commands_and_links_of_a_page_exist(page: Path) -> None:
    assert problems(page, (ROOT / page).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A heading\n\n[here](#a-heading)\n\n```sh\nmake test\n```\n", 0),
        ("```sh\n$ make nothing-of-that-name\n```\n", 1),
        ("```sh\nansible-playbook -i hosts.yml nusantara.backup.nothing\n```\n", 1),
        ("```sh\nansible-doc -t filter nusantara.backup.nothing\n```\n", 1),
        ("[a](nowhere.md)\n", 1),
        ("See `tests/benchmarks/bench_nothing.py`.\n", 1),
        ("See `tests/guard` and `docs/naming.md`, not `/srv/docs/x` or `a/b`.\n", 0),
        ("# A heading\n[a](#another-heading)\n", 1),
        ("![a](nowhere.png)\n", 1),
        ("[a](https://www.example.org/)\n", 0),
    ],
    ids=[
        "agreed",
        "target",
        "playbook",
        "plugin",
        "file",
        "path",
        "paths that exist",
        "anchor",
        "picture",
        "elsewhere",
    ],
)
def test_the_guard_sees_planted_drift(text: str, expected: int) -> None:
    assert len(problems(Path("README.md"), text)) == expected
