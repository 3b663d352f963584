# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The containers that the suites run in: what they are made from, and what is said when that fails."""

from __future__ import annotations

import subprocess
import typing as t

import pytest

import container_run


class Podman:
    """Answers as if no image were there and mmdebstrap had ended with ``status``; keeps what it was asked."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.asked: list[list[str]] = []

    def __call__(self, command: list[str], **options: t.Any) -> subprocess.CompletedProcess[str]:
        self.asked.append(command)
        status = {"podman": 0 if command[1] == "import" else 1, "mmdebstrap": self._status}.get(command[0], 0)
        return subprocess.CompletedProcess(command, status, stdout="")


@pytest.fixture
def podman(monkeypatch: pytest.MonkeyPatch, tmp_path: t.Any, request: pytest.FixtureRequest) -> Podman:
    made = Podman(request.param)
    monkeypatch.setattr(container_run.subprocess, "run", made)
    monkeypatch.setattr(container_run, "CACHE", tmp_path)
    return made


@pytest.mark.parametrize("podman", [0], indirect=True)
@pytest.mark.parametrize(("name", "suite"), [("debian-13", "trixie"), ("debian-sid", "sid")])
def test_an_image_is_made_of_the_packages_of_its_list(podman: Podman, name: str, suite: str) -> None:
    tag = container_run.image(name)
    (made,) = [command for command in podman.asked if command[0] == "mmdebstrap"]
    assert suite in made
    assert any(word.startswith("--include=") and "python3-venv" in word.split(",") for word in made)
    assert podman.asked[-1] == ["podman", "import", "--quiet", made[made.index(suite) + 1], tag]


@pytest.mark.parametrize("podman", [0], indirect=True)
def test_each_image_has_a_tag_of_its_own(podman: Podman) -> None:
    assert len({container_run.image(name) for name in container_run.IMAGES}) == len(container_run.IMAGES)


@pytest.mark.parametrize("podman", [25], indirect=True)
def test_a_suite_whose_packages_do_not_fit_together_is_told_in_words(podman: Podman) -> None:
    with pytest.raises(
        SystemExit, match=r"image of debian-sid could not be made(.|\n)*Debian sid today(.|\n)*tomorrow"
    ):
        container_run.image("debian-sid")
    assert not any(command[:2] == ["podman", "import"] for command in podman.asked)
