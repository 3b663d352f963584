# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run pytest inside another Debian: ``container_run.py [debian-13|debian-sid] PYTEST-ARGUMENT...``.

The host is a podman container with servers of other versions than this machine's, a Python for the newest ansible-core
and, in Debian 13, systemd as its first process. Its image is made by mmdebstrap from the mirror that this machine uses,
without a registry, and kept under a tag that changes with the list of its packages. Results come back to
``.cache/<image>``; coverage joins the data of the checkout.
"""

from __future__ import annotations

import contextlib
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
import uuid
from pathlib import Path

from checkout import CACHE, NAMESPACE, ROOT, copy_listed
from debian_packages import read_list
from environments import fingerprint

# The tests start servers of their own, so those of the packages stay down.
INIT = ["/sbin/init", *(f"systemd.mask={name}.service" for name in ("mariadb", "postgresql", "redis-server", "slapd"))]
# The systemd of sid needs control groups of version 2, which not every machine has; a shell takes in orphans too.
SHELL = ["sh", "-c", "sleep infinity & wait"]
# Suite and first process of each image; its packages are listed in requirements/<image>-image.txt.
IMAGES = {"debian-13": ("trixie", INIT), "debian-sid": ("sid", SHELL)}
CORE = "2.21"
REQUIREMENTS = [ROOT / "requirements" / name for name in (f"core-{CORE}.txt", "test.txt")]
PLACE = Path("/srv").joinpath(*NAMESPACE)
VENV, WHEELS = Path("/opt/venv"), Path("/opt/wheels")
DEV_PYTHON = CACHE / "venvs" / "dev" / "bin" / "python"
PODMAN = ["podman", "--runtime", "runc"]
# What makes systemd the first process of a container on machines with few rights as well as on ordinary ones.
RUN_FLAGS = [
    "--systemd=always",
    "--cap-add=SYS_ADMIN",
    "--pids-limit=-1",
    "--ulimit=nofile=20000:20000",
    "--ulimit=nproc=30000:30000",
    "--tmpfs=/tmp:exec",
]


def image(name: str) -> str:
    """The tag of the image, which is made when it is not there yet."""
    suite = IMAGES[name][0]
    names = read_list(ROOT / "requirements" / f"{name}-image.txt")
    digest = hashlib.sha256("\n".join([suite, *names]).encode()).hexdigest()[:12]
    tag = f"localhost/nusantara-backup-{name}:{digest}"
    if subprocess.run(["podman", "image", "exists", tag], check=False).returncode != 0:
        print(f"Making the image {tag}", flush=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            archive = f"{directory}/image.tar"
            # A mirror that lags behind does for tests; its signature is checked all the same.
            options = ["--aptopt=Acquire::Check-Valid-Until false", f"--include={','.join(names)}"]
            made = ["mmdebstrap", "--quiet", "--variant=minbase", *options, suite, archive, *mirror()]
            if subprocess.run(made, check=False).returncode != 0:
                raise SystemExit(
                    f"The image of {name} could not be made; what mmdebstrap said is above.\nIts packages are those of"
                    f" Debian {suite} today. When they do not fit together there, which happens in sid, try"
                    " again tomorrow; `make test` passes only with all its images."
                )
            subprocess.run(["podman", "import", "--quiet", archive, tag], check=True, stdout=subprocess.DEVNULL)
    return tag


def mirror() -> list[str]:
    """The first mirror that this machine's apt uses for Debian itself; empty leaves mmdebstrap its own default."""
    fields = "$(REPO_URI) $(ORIGIN) $(LABEL)"
    command = ["apt-get", "indextargets", "--format", fields, "Created-By: Packages"]
    answer = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
    found = [line.split()[0] for line in answer.splitlines() if line.endswith(" Debian Debian")]
    return found[:1]


def wheels(python: str) -> Path:
    """A directory with every package for the Python of the image, fetched by this machine's pip and its settings."""
    machine = platform.machine()
    platforms = [f"--platform=manylinux{tag}_{machine}" for tag in ("_2_34", "_2_28", "_2_17", "2014")]
    target = [f"--python-version={python}", "--implementation=cp", "--only-binary=:all:", *platforms]
    place, stamp = CACHE / f"wheels-{python}", CACHE / f"wheels-{python}.stamp"
    wanted = fingerprint(REQUIREMENTS)
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(place, ignore_errors=True)
        pip = [str(DEV_PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "download", "-qq"]
        subprocess.run([*pip, *target, f"--dest={place}", *asked(ROOT)], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return place


def asked(root: Path) -> list[str]:
    """The requirement files as arguments of pip, below ``root``."""
    return [argument for path in REQUIREMENTS for argument in ("-r", str(root / path.relative_to(ROOT)))]


class Container:
    """A running host; leaves nothing behind when its block ends."""

    def __init__(self, image_name: str) -> None:
        self.image_name = image_name
        self.name = f"nusantara-backup-{uuid.uuid4().hex[:8]}"

    def __enter__(self) -> Container:
        first = IMAGES[self.image_name][1]
        command = [*PODMAN, "run", "--detach", "--name", self.name, *RUN_FLAGS, image(self.image_name), *first]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if first is INIT:
            self.wait_until_booted()
        return self

    def __exit__(self, *unused: object) -> None:
        subprocess.run([*PODMAN, "rm", "--force", "--time", "0", self.name], check=False, stdout=subprocess.DEVNULL)

    def wait_until_booted(self) -> None:
        """Wait until systemd has started what it starts; before its bus is there it answers ``offline`` at once."""
        deadline = time.monotonic() + 60
        waiting = [*PODMAN, "exec", self.name, "systemctl", "is-system-running", "--wait"]
        while time.monotonic() < deadline:
            answer = subprocess.run(waiting, check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            if answer.stdout.strip() in {"running", "degraded"}:
                return
        raise SystemExit(f"systemd in the container {self.name} was not up within a minute")

    def run(self, *command: str, **options: t.Any) -> int:
        """Run a command inside, in the copied checkout when it is there; its exit status."""
        called = [*PODMAN, "exec", "--interactive", "--env=LC_ALL=C.UTF-8", self.name, *command]
        return subprocess.run(called, check=False, **options).returncode

    def must(self, *command: str) -> str:
        """Run a command inside that must succeed; what it printed."""
        called = [*PODMAN, "exec", "--env=LC_ALL=C.UTF-8", self.name, *command]
        return subprocess.run(called, check=True, stdout=subprocess.PIPE, text=True).stdout

    def copy_in(self) -> None:
        """The listed files of the checkout, owned by root, at the same path below ``ansible_collections``."""
        with tempfile.TemporaryDirectory(dir=CACHE) as directory:
            copy = Path(directory) / "copy"
            copy_listed(copy)
            Path(directory).chmod(0o755)
            self.must("mkdir", "-p", str(PLACE))
            subprocess.run([*PODMAN, "cp", f"{copy}/.", f"{self.name}:{PLACE}"], check=True)
        # The tools ask git for the files of a checkout.
        self.must("git", "init", "--quiet", str(PLACE))

    def make_environment(self) -> None:
        """A virtual environment with the newest ansible-core and what the tests import."""
        python = self.must("python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
        subprocess.run([*PODMAN, "cp", str(wheels(python)), f"{self.name}:{WHEELS}"], check=True)
        self.must("python3", "-m", "venv", str(VENV))
        pip = [
            f"{VENV}/bin/pip",
            "install",
            "-qq",
            "--disable-pip-version-check",
            "--no-index",
            f"--find-links={WHEELS}",
        ]
        self.must(*pip, *asked(PLACE))

    def pytest(self, arguments: list[str]) -> int:
        """Run the tests with coverage of ``plugins``; pytest's exit status."""
        place = ["env", f"--chdir={PLACE}", f"NB_CORES={CORE}={VENV}/bin", f"PATH={VENV}/bin:/usr/sbin:/usr/bin"]
        report = ["--cov", "--cov-report=", "--junit-xml=.results/junit.xml"]
        return self.run(*place, "python", "-m", "pytest", *report, *arguments)

    def fetch(self, results: Path) -> None:
        """Bring coverage and the list of results back."""
        if results.exists():
            shutil.rmtree(results)
        results.mkdir(parents=True)
        for inside in (".results/junit.xml", ".coverage"):
            with contextlib.suppress(subprocess.CalledProcessError):
                subprocess.run(
                    [*PODMAN, "cp", f"{self.name}:{PLACE}/{inside}", str(results)],
                    check=True,
                    stderr=subprocess.DEVNULL,
                )


def join_coverage(data: Path) -> None:
    """Add the container's coverage to the checkout's."""
    if data.exists():
        coverage = [str(DEV_PYTHON), "-m", "coverage"]
        subprocess.run([*coverage, "combine", "--quiet", "--append", str(data)], check=True, cwd=ROOT)


def main(arguments: list[str]) -> int:
    name, *rest = arguments if arguments and arguments[0] in IMAGES else ["debian-13", *arguments]
    results = CACHE / name
    CACHE.mkdir(exist_ok=True)
    with Container(name) as container:
        container.copy_in()
        container.make_environment()
        status = container.pytest(rest)
        container.fetch(results)
    join_coverage(results / ".coverage")
    return status


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except subprocess.CalledProcessError as error:
        print(f"container_run.py: {error}", file=sys.stderr)
        sys.exit(1)
