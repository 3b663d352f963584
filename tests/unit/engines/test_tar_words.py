# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every line of tar's stderr is told: as a finding, or as the reason of a failure."""

from __future__ import annotations

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import EngineError
from ansible_collections.nusantara.backup.plugins.module_utils._engines._tarwords import judge, unsupported

CHANGED = "tar: ./a: b: file changed as we read it"
REMOVED = "tar: ./gone\\nx: File removed before we read it"
SHRANK = "tar: ./log: File shrank by 123 bytes; padding with zeros"
SOCKET = "tar: ./run/sock: socket ignored"
OTHER = "tar: ./mnt: file is on a different filesystem; not dumped"
DENIED = "tar: ./secret: Cannot open: Permission denied"
BROKEN = "tar: ./bad: Read error at byte 4096, while reading 10240 bytes: Input/output error"
LAST = "tar: Exiting with failure status due to previous errors"


@pytest.mark.parametrize(
    ("status", "lines", "found"),
    [
        (0, [], []),
        (0, [SOCKET], [("files.socket", "info", "./run/sock")]),
        (0, [OTHER], [("files.other_filesystem", "warning", "./mnt")]),
        (1, [CHANGED], [("files.changed", "warning", "./a: b")]),
        (1, [REMOVED], [("files.removed", "warning", "./gone\\nx")]),
        (1, [SHRANK, SOCKET], [("files.shrank", "warning", "./log"), ("files.socket", "info", "./run/sock")]),
        (0, ["tar: ./x: Warning: Cannot llistxattrat: Operation not supported"], [("files.tar_said", "warning", "")]),
        (0, ["who knows"], [("files.tar_said", "warning", "")]),
    ],
)
def test_lines_that_do_no_harm(status: int, lines: list[str], found: list[tuple[str, str, str]]) -> None:
    told = judge("/srv", status, "\n".join(lines))
    assert [(item.code, item.level, item.params.get("names", "")) for item in told] == found
    assert all("/srv" in item.message for item in told)


@pytest.mark.parametrize(
    ("status", "lines", "code", "words"),
    [
        (2, [DENIED, LAST], "engine.unreadable", "./secret: Cannot open"),
        (2, [CHANGED, BROKEN, LAST], "engine.failed", "./bad: Read error"),
        (2, [LAST], "engine.failed", "status 2"),
        (1, [], "engine.failed", "status 1"),
        (1, [CHANGED, "tar: something else"], "engine.failed", "something else"),
        (-9, [], "engine.failed", "SIGKILL"),
        (141, [], "engine.failed", "141"),
    ],
)
def test_failures(status: int, lines: list[str], code: str, words: str) -> None:
    with pytest.raises(EngineError) as caught:
        judge("/srv", status, "\n".join(lines))
    assert caught.value.code == code
    assert words in str(caught.value)
    assert caught.value.remedy


def test_many_names_are_counted_and_some_are_listed() -> None:
    (finding,) = judge("/srv", 1, "\n".join(f"tar: ./{n}: file changed as we read it" for n in range(500)))
    assert finding.params["count"] == "500"
    assert finding.message.endswith("and 480 more")


def test_lines_torn_by_the_gap_are_not_mistaken_for_failures() -> None:
    lines = [CHANGED] * 3 + ["tar: ./torn: file chan", "… 9000 bytes left out …", "we read it", CHANGED]
    (finding,) = judge("/srv", 1, "\n".join(lines))
    assert finding.code == "files.changed"
    assert finding.message.startswith("at least 4 ")


def test_what_tar_was_built_without() -> None:
    lines = ("tar: POSIX ACL support is not available", "tar: XATTR support is not available")
    assert unsupported("\n".join(lines)) == ("ACL", "XATTR")
    assert unsupported(SOCKET) == ()
