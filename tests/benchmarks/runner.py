# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the core as a host would: by /usr/bin/python3, in a process of its own, and asks it for its memory."""

from __future__ import annotations

import json
import shutil
import typing as t
from pathlib import Path

from tests.benchmarks.measure import run
from tests.tools.checkout import ROOT, collections_path

PYTHON = "/usr/bin/python3"
_CORE = "ansible_collections.nusantara.backup.plugins.module_utils"

# Each job prints the peak of its own memory in KiB as its last line.
_HEAD = f"""
import json, sys
from {_CORE}._base._clock import Clock

def peak():
    with open("/proc/self/status") as status:
        print(next(line.split()[1] for line in status if line.startswith("VmHWM")))
"""

_DUMP = (
    _HEAD
    + f"""
import os
from {_CORE}._artifact._codec import suffix
from {_CORE}._engines._base import Context
from {_CORE}._engines._registry import ENGINES
from {_CORE}._artifact._pipeline import write_artifact
from {_CORE}._artifact._reopen import read_back
from {_CORE}._base._process import Children
from {_CORE}._site._site_args import site_of
from {_CORE}._base._warden import Warden

with open(sys.argv[1]) as stream:
    given = json.load(stream)
site, clock = site_of({{**given, "at": ""}})
source = site.sources[0]
protection, engine = source.protection, ENGINES[source.engine]
place = os.path.join(site.store, source.name, "set")
work = os.path.join(site.state, "work")
os.makedirs(place, 0o700)
os.makedirs(work, 0o700, exist_ok=True)
with Warden() as warden, Children(warden) as children:
    context = Context(children, work, protection.inventory)
    probe = engine.probe(source.options, context)
    begun = clock.seconds()
    made = []
    with engine.open(source.options, probe, context) as session:
        for stream in session.streams():
            path = os.path.join(place, (stream.part or "main") + "." + stream.kind + suffix(protection))
            made.append((path, write_artifact(stream, path, protection, children)))
        inventory = session.inventory()
    for path, written in made if sys.argv[2] == "yes" else ():
        read_back(path, written, protection, children)
    print(clock.seconds() - begun)
assert inventory.exact and made and all(written.plain.bytes for _path, written in made)
peak()
"""
)

_RUN = (
    _HEAD
    + f"""
from {_CORE}._edges import _cli
status = _cli.main(["run", "--config", sys.argv[1], "--mode", "incidental"])
peak()
sys.exit(status)
"""
)

_VERIFY = (
    _HEAD
    + f"""
from {_CORE}._sets._verify import verify_store
report = verify_store(sys.argv[1], Clock())
assert report.counts["ok"] == 1 and not report.problems, report
peak()
"""
)

_COPY = (
    _HEAD
    + f"""
from {_CORE}._base._model import Medium
from {_CORE}._copies._transfer import SetRef, Transfer
store, state, source, name, *places = sys.argv[1:]
media = [Medium(f"m{{number}}", "disk", place) for number, place in enumerate(places)]
copies = Transfer(store, state, Clock()).copy(SetRef(source, name), media)
assert [copy.receipt and copy.receipt.outcome for copy in copies] == ["verified"] * len(places), copies
peak()
"""
)


class Host:
    """A made-up host below one directory: its configuration, its store, its state."""

    def __init__(self, base: Path, recipients: t.Sequence[str]) -> None:
        self.base = base
        self.store = base / "store"
        self.state = base / "state"
        self.recipients = list(recipients)
        self.peaks: list[int] = []
        base.mkdir(parents=True, exist_ok=True)

    def job(self, source: t.Mapping[str, t.Any], **more: t.Any) -> Path:
        """A job file for one source."""
        return self.site([{"frequency": "daily", **source}], **more)

    def site(self, sources: t.Sequence[t.Mapping[str, t.Any]], **more: t.Any) -> Path:
        """A job file for several."""
        site = {
            "host": "bench",
            "store": str(self.store),
            "state": str(self.state),
            "recipients": self.recipients,
            "sources": list(sources),
            **more,
        }
        path = self.base / f"job-{len(list(self.base.glob('job-*')))}.json"
        path.write_text(json.dumps(site), encoding="utf-8")
        return path

    def clear(self) -> None:
        """Forget all sets and the history; the signing key stays, as on a host that has run before."""
        shutil.rmtree(self.store, ignore_errors=True)
        for name in ("journal.jsonl", "receipts", "runs"):
            path = self.state / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def dump(self, job: Path, *, read_back: bool) -> float:
        """The artifacts of one source, from snapshot to flush. Returns its seconds without preflight."""
        return float(self._python(_DUMP, str(job), "yes" if read_back else "no")[-2])

    def run(self, job: Path) -> None:
        """A whole run as the command ``nusantara-backup run`` makes it."""
        self._python(_RUN, str(job))

    def watched(self, job: Path) -> dict[str, float]:
        """A whole run under `ledger`: the seconds that it waited for others, and those of the bookkeeping."""
        ledger = str(ROOT / "tests" / "benchmarks" / "ledger.py")
        said = run(PYTHON, ledger, str(job), PYTHONPATH=str(collections_path()))
        told: dict[str, float] = json.loads(said.splitlines()[-1])
        self.peaks.append(int(told.pop("peak")))
        return told

    def verify(self) -> None:
        self._python(_VERIFY, str(self.store))

    def copy(self, source: str, name: str, *places: Path) -> None:
        self._python(_COPY, str(self.store), str(self.state), source, name, *map(str, places))

    def set_directory(self) -> Path:
        """The only set of the store."""
        (found,) = (path for path in self.store.glob("*/*") if path.is_dir())
        return found

    def artifact(self) -> Path:
        """The largest file of the only set."""
        return max(self.set_directory().iterdir(), key=lambda path: path.stat().st_size)

    @property
    def peak(self) -> float:
        """The most memory that any process of the core held so far, in MiB."""
        return max(self.peaks) / 1024

    def _python(self, script: str, *arguments: str) -> list[str]:
        said = run(PYTHON, "-c", script, *arguments, PYTHONPATH=str(collections_path())).split()
        self.peaks.append(int(said[-1]))
        return said
