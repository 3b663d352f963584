# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every file names its author and licence, and none names a place that only one machine has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checkout import ROOT, listed_files

COPYRIGHT = "SPDX-FileCopyrightText: Nusantara Backup contributors"
LICENCE = "SPDX-License-Identifier: GPL-3.0-or-later"
LICENCE_TEXTS = {Path("COPYING"), Path("LICENSES/GPL-3.0-or-later.txt")}

# Written so that this file does not hold what it looks for.
PLACES = re.compile(
    r"""(?x)
    (?<![\w.])/(?:wo[r]k|ro[o]t)/\w | py[e]nv | py[p]i\.org | py[t]honhosted | registry\.np[m]js |
    (?:deb|security)\.deb[i]an\.org | snapshot\.deb[i]an | galaxy\.ans[i]ble\.com | quay\.i[o] |
    docker\.i[o] | gh[c]r\.io
    """
)
SILENCED = re.compile(r"#\s*(?:no[q]a|type:\s*ig[n]ore|pragma:\s*no c[o]ver|pyl[i]nt:|no[s]ec|yamllint dis[a]ble)")


def text_of(path: Path) -> str:
    return (ROOT / path).read_bytes().decode("utf-8", errors="replace")


def problems(path: Path, text: str, sidecar: str) -> list[str]:
    """What is wrong with a file; ``sidecar`` is the text of ``<file>.license`` or empty."""
    found = []
    head = text[:1000] + sidecar
    if path not in LICENCE_TEXTS and not (COPYRIGHT in head and LICENCE in head):
        found.append("no SPDX lines at its top and no .license file beside it")
    found += [f"names {match.group()!r}" for match in PLACES.finditer(text)]
    found += [f"silences a checker: {match.group()!r}" for match in SILENCED.finditer(text)]
    return found


@pytest.mark.parametrize("path", listed_files(), ids=str)
def test_file_is_licensed_and_portable(path: Path) -> None:
    sidecar = Path(f"{path}.license")
    assert problems(path, text_of(path), text_of(sidecar) if (ROOT / sidecar).is_file() else "") == []


HEAD = f"# {COPYRIGHT}\n# {LICENCE}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD + "x = 1\n", 0),
        ("x = 1\n", 1),
        (HEAD + "x = '/wo" + "rk/main'\n", 1),
        (HEAD + "x = 1  # no" + "qa: E501\n", 1),
        (HEAD + "x = 'https://py" + "pi.org/simple'\n", 1),
    ],
    ids=["clean", "no licence", "path of a machine", "silenced checker", "address of a registry"],
)
def test_the_check_itself_sees(text: str, expected: int) -> None:
    assert len(problems(Path("x.py"), text, "")) == expected
