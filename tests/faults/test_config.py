# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An invalid configuration is refused as a whole: every error at once, each with its path, and nothing is touched."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nusantara.backup.plugins.module_utils._base._errors import ConfigError
from ansible_collections.nusantara.backup.plugins.module_utils._site._site_args import site_of

from .lab import Lab, moment

# Path of the value, the value, words of the message.
TOP: t.Sequence[tuple[str, t.Any, str]] = [
    ("host", "db1;reboot", "letters, digits"),
    ("host", 7, "must be text"),
    ("timezone", "Mars/Olympus", "Mars/Olympus"),
    ("timezone", "../../etc/passwd", "etc/passwd"),
    ("building", "A\nB", "control character"),
    ("store", "relative/path", "absolute path"),
    ("store", "/srv/../etc", "absolute path"),
    ("state", "", "state"),
    ("style", "loose", "compact, dashed"),
    ("process_letter", "yes", "true or false"),
    ("window_end", "25:00", "time of day"),
    ("signing_key", "key", "absolute path"),
    ("compression", "rar", "zstd, gzip, none"),
    ("level", 40, "whole number from 1 to 19"),
    ("level", True, "whole number"),
    ("encryption", "rot13", "age, none"),
    ("recipients", ["age1x"], "recipients[0]"),
    ("recipients", "age1x", "must be a list"),
    ("proof", "trust me", "stored, open"),
    ("inventory", "all", "objects, rows, digests"),
    ("sources", "none", "must be a list"),
    ("media", {"name": "x"}, "must be a list"),
    ("media", [{"name": "a b", "kind": "disk", "path": "/x"}], "media[0].name"),
    ("media", [{"name": "a", "kind": "floppy", "path": "/x"}], "media[0].kind"),
    ("media", [{"name": "a", "kind": "disk"}], "media[0].path"),
    ("media", ["disk"], "must be a mapping"),
]
SOURCE: t.Sequence[tuple[str, t.Any, str]] = [
    ("name", "", "must not be empty"),
    ("name", "a/b", "sources[0].name"),
    ("name", "..", "sources[0].name"),
    ("name", "x" * 41, "sources[0].name"),
    ("engine", "oracle", "is not one of"),
    ("path", "pegawai.db", "absolute path"),
    ("path", None, "is required"),
    ("busy_seconds", -1, "whole number"),
    ("media", ["cloud"], "is not a medium of this site"),
    ("media", "internal", "must be a list"),
    ("frequency", "hourly", "is not one of"),
    ("plan", [{"frequency": "weekly", "day": "sabtu"}], "weekday"),
    ("day", "saturday", "has no meaning"),
    ("at", "00:30", "01:00 to 24:59"),
    ("plan", [], "must not be empty"),
    ("plan", [{"type": "D", "frequency": "daily"}], "cannot be made by the engine sqlite"),
    ("plan", [{"type": "X"}], "sources[0].plan[0].type"),
    ("plan", [{"frequency": "daily"}, {"frequency": "daily"}], "twice"),
    ("smallest", 101, "whole number from 0 to 100"),
    ("time_limit", 0, "whole number"),
    ("each", 1, "true or false"),
    ("description", "two\nlines", "control character"),
    ("databases", "all", "is not an option here"),
    ("password", "rahasia-99", "is not an option here"),
    ("shell", "rm -rf /", "is not an option here"),
]


def refused(lab: Lab, *words: str) -> str:
    done = lab.run(night=1)
    assert done.status == 2, done.said
    assert "Traceback" not in done.said and not done.left
    for word in words:
        assert word in done.said, (word, done.said)
    assert not lab.state.exists() and not lab.store.exists()
    assert sorted(path.name for path in lab.medium.iterdir()) == [".nusantara-backup-medium"]
    return done.said


def problems(lab: Lab, path: str, words: str) -> str:
    """What the core says of one wrong value: a line with its path."""
    with pytest.raises(ConfigError) as caught:
        site_of({**lab.config, "at": moment(1)})
    assert any(path in line and words in line for line in caught.value.problems), caught.value.problems
    return "\n".join(caught.value.problems)


@pytest.mark.parametrize(("key", "value", "words"), TOP, ids=[f"{key}-{n}" for n, (key, *_rest) in enumerate(TOP)])
def test_site_option(lab: Lab, key: str, value: t.Any, words: str) -> None:
    lab.sqlite()
    lab.config[key] = value
    problems(lab, key, words)


@pytest.mark.parametrize(
    ("key", "value", "words"), SOURCE, ids=[f"{key}-{n}" for n, (key, *_rest) in enumerate(SOURCE)]
)
def test_source_option(lab: Lab, key: str, value: t.Any, words: str) -> None:
    lab.sqlite()
    lab.options("Pegawai")[key] = value
    said = problems(lab, "sources[0]", words)
    assert "rahasia-99" not in said and "rm -rf" not in said


def test_all_at_once(lab: Lab) -> None:
    """One line for each, so that one correction of the inventory is enough."""
    lab.config.update(timezone="Mars", style="loose", window_end="8", level=99, proof="maybe")
    for number, (key, value, _words) in enumerate(SOURCE):
        lab.source(f"Sumber{number}", engine="sqlite", path=f"/srv/{number}.db")
        lab.config["sources"][-1][key] = value
    lab.source("SUMBER1", engine="sqlite", path="/srv/same.db")
    said = refused(lab)
    paths = [line.split(": ")[1] for line in said.splitlines()]
    for number in range(len(SOURCE)):
        assert any(path.startswith(f"sources[{number}]") for path in paths), number
    assert {"timezone", "style", "window_end", "level", "proof"} <= set(paths)


def test_places_that_lie_in_each_other(lab: Lab) -> None:
    lab.sqlite()
    lab.config["media"][0]["path"] = str(lab.store / "copies")
    refused(lab, "media[0].path", "lies in store")


@pytest.mark.parametrize("text", ["", "[]", "{", '"text"', "\x00\xff", "[" * 100_000])
def test_a_job_file_that_is_none(lab: Lab, text: str) -> None:
    job = lab.root / "bad.json"
    job.write_text(text, encoding="utf-8")
    done = lab.run("--config", str(job), night=1)
    assert done.status in (1, 2), done
    assert "Traceback" not in done.said and str(job) in done.said


@pytest.mark.parametrize("at", ["yesterday", "2026-11-20", "2026-11-20T00:00:00", "9999-99-99T00:00:00Z"])
def test_a_moment_that_is_none(lab: Lab, at: str) -> None:
    lab.sqlite()
    done = lab.run("--at", at, night=1)
    assert done.status == 1 and "2026-11-21T00:00:00+07:00" in done.said and "Traceback" not in done.said


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00Z"])
def test_a_moment_without_a_name(lab: Lab, at: str) -> None:
    """P13.2: years 1900 to 9900."""
    lab.sqlite()
    done = lab.run("--at", at, night=1)
    assert done.status == 1 and "Traceback" not in done.said, done.said
    assert not lab.sets()


def test_a_source_that_is_not_configured(lab: Lab) -> None:
    lab.sqlite()
    done = lab.run("--only", "Gaji\x1b[31m", night=1)
    assert done.status == 1 and "is not configured on db1" in done.said and "\x1b" not in done.said
