# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Makefile's own tools decide: what to install, when to build again, which cores fit."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

import checkout
import debian_packages
import environments
import sanity_run


def test_an_environment_is_stale_when_an_included_list_changes(tmp_path: Path) -> None:
    wishes, pins = tmp_path / "dev.txt", tmp_path / "pins.txt"
    wishes.write_text("-c pins.txt\npytest\n", encoding="utf-8")
    pins.write_text("pytest==1\n", encoding="utf-8")
    before = environments.fingerprint([wishes])
    assert environments.fingerprint([wishes]) == before
    pins.write_text("pytest==2\n", encoding="utf-8")
    assert environments.fingerprint([wishes]) != before


def test_package_lists_may_hold_comments_and_empty_lines(tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("# why\n\nage  # encrypts\ntar\n", encoding="utf-8")
    assert debian_packages.read_list(names) == ["age", "tar"]


def test_only_what_is_absent_is_installed() -> None:
    assert debian_packages.missing(["tar", "no-such-package-anywhere"]) == ["no-such-package-anywhere"]


def test_a_collection_installed_into_the_checkouts_place_gives_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``ansible-galaxy collection install`` in a checkout goes there, for ansible.cfg names it first."""
    monkeypatch.setattr(checkout, "CACHE", tmp_path)
    installed = tmp_path.joinpath("collections", *checkout.NAMESPACE)
    (installed / "plugins").mkdir(parents=True)
    assert checkout.collections_path() == tmp_path / "collections"
    assert installed.is_symlink()
    assert checkout.collections_path() == tmp_path / "collections", "a link that is there stays"


def test_without_root_the_missing_packages_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("no-such-package-anywhere\n", encoding="utf-8")
    monkeypatch.setattr(debian_packages.os, "geteuid", lambda: 1000)
    assert debian_packages.main([str(names)]) == 1
    assert "apt-get install --no-install-recommends no-such-package-anywhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("python", "expected"),
    [((3, 11), ["2.16", "2.19"]), ((3, 13), ["2.19", "2.21"])],
    ids=["Debian 12", "Debian 13"],
)
def test_each_debian_runs_the_cores_that_fit_it(
    python: tuple[int, int], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Version(t.NamedTuple):
        major: int
        minor: int

    monkeypatch.setattr(environments.sys, "version_info", Version(*python))
    assert environments.fitting_cores() == expected


def test_a_sanity_run_says_what_it_left_out() -> None:
    output = 'Running sanity test "pep8"\nRunning sanity test "pylint"\nWARNING: Skipping sanity test "import"\nother\n'
    assert sanity_run.summary(output) == '  2 sanity tests passed\n  Skipping sanity test "import"'
