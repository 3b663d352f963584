# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One source to one set: probe, dump, inventory, read back, manifest, publish."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._artifact import _codec
from .._artifact._pipeline import write_artifact
from .._artifact._recipe import PARAMETERS, recipe
from .._artifact._reopen import read_back
from .._artifact._stored import Written
from .._base import _readback
from .._base._clock import Clock, stamp
from .._base._errors import BackupError, ManifestError, PipelineError
from .._base._findings import Finding
from .._base._io import disk_errors, write_new
from .._base._model import Medium, Site
from .._base._version import VERSION
from .._engines._base import Context, Inventory, Probe, Stream
from .._engines._registry import ENGINES
from .._media._registry import answer_of, driver_of
from .._naming import NameFields, fields_as_dict, render
from .._sets import _store
from .._sets._manifest import SCHEMA, SIGNATURE_SUFFIX, SIZE_LIMIT, decode, digest_of, encode, manifest_path
from .._sets._signing import ensure_key, sign
from .._site._plan import Job
from ._bounded import kept_findings, kept_inventory
from ._progress import Observer
from ._understood import Understood, streams_of

_MOST_RUNS = 999


@dataclasses.dataclass(frozen=True)
class Dumped:
    """A published set."""

    name: str
    directory: str
    plain_bytes: int
    stored_bytes: int
    rows: int | None
    manifest_sha256: str
    plausible: bool
    findings: tuple[Finding, ...]


Judge = t.Callable[[int, t.Optional[int]], t.Sequence[Finding]]


@dataclasses.dataclass(frozen=True)
class _Artifact:
    file: str
    stream: Stream
    written: Written


class Dump:
    """Makes the set of one job. ``judge`` says from bytes and rows whether the result is plausible."""

    def __init__(
        self,
        site: Site,
        job: Job,
        run: str,
        clock: Clock,
        context: Context,
        observer: Observer,
        group: t.Mapping[str, t.Any],
    ) -> None:
        self._site = site
        self._job = job
        self._run = run
        self._clock = clock
        self._context = context
        self._observer = observer
        self._group = group
        self._protection = job.source.protection
        self._engine = ENGINES[job.source.engine]
        self._silent: set[str] = set()

    def make(self, probe: Probe, fields: NameFields, judge: Judge, known: t.Sequence[Finding]) -> Dumped:
        """``known`` is what the preflight found. Raises `BackupError`; then nothing of the set is left."""
        source = self._job.source
        started, began = self._clock.now(), self._clock.seconds()
        name = render(fields, self._site.style)
        self._step("prepare")
        staging = _store.begin(self._site.store, source.name, name)
        try:
            artifacts, inventory, findings, key = self._fill(staging, name, probe)
            for artifact in artifacts:
                self._step("read back")
                if self._protection.read_back:
                    path = os.path.join(staging, artifact.file)
                    read_back(
                        path,
                        artifact.written,
                        self._protection,
                        self._context.children,
                        reopen=self._protection.proof == "open",
                        key=key,
                        limit_seconds=self._job.source.time_limit * 60,
                    )
            plain = sum(artifact.written.plain.bytes for artifact in artifacts)
            rows = inventory.totals.get("rows")
            doubts = tuple(judge(plain, rows))
            everything = (*kept_findings(source.name, (*known, *findings)), *doubts)
            document = {
                **self._head(name, fields, probe, stamp(started)),
                "ended": stamp(self._clock.now()),
                "seconds": round(self._clock.seconds() - began, 3),
                "files": [_file_entry(artifact) for artifact in artifacts],
                "inventory": dataclasses.asdict(kept_inventory(inventory)),
                "warnings": [finding.as_dict() for finding in everything],
                "plausible": not doubts,
                "recipe": self._recipe(artifacts),
                **({"group": dict(self._group)} if self._group else {}),
            }
            raw = self._seal(staging, name, document)
            self._step("publish")
            directory = _store.commit(staging)
        except BaseException:
            _store.abandon(staging)
            raise
        stored = sum(artifact.written.stored.bytes for artifact in artifacts)
        return Dumped(name, directory, plain, stored, rows, digest_of(raw), not doubts, everything)

    def free_name(self, taken: t.Collection[str]) -> NameFields:
        """The name of this run: where a set of that hour exists, or ever did, the next run suffix."""
        for run in range(1, _MOST_RUNS + 1):
            fields = self._job.fields(process_letter=self._site.process_letter, run=run)
            name = render(fields, self._site.style)
            if name not in taken and not self._lies_somewhere(name):
                return fields
        raise BackupError(
            f"{self._job.source.name} has {_MOST_RUNS} sets in this hour",
            "Wait for the next hour, and see what starts so many runs",
            code="naming.runs",
        )

    def _lies_somewhere(self, name: str) -> bool:
        source = self._job.source
        if os.path.lexists(_store.set_directory(self._site.store, source.name, name)):
            return True
        return any(self._lies_on(self._site.medium(medium), name) for medium in source.media)

    def _lies_on(self, medium: Medium, name: str) -> bool:
        """A medium that hangs must not cost the host its own set; if the name is taken there, the copy says so."""
        place = driver_of(medium).place(medium, self._job.source.name, name)
        if medium.name not in self._silent:
            try:
                return answer_of(lambda: os.path.lexists(place))
            except TimeoutError:
                self._silent.add(medium.name)
        return False

    def _fill(
        self, staging: str, name: str, probe: Probe
    ) -> tuple[list[_Artifact], Inventory, tuple[Finding, ...], _codec.MemoryKey | None]:
        key = None
        if self._protection.proof == "open" and self._protection.encryption == "age":
            key = _codec.MemoryKey(self._context.children)
        findings: list[Finding] = []
        artifacts: list[_Artifact] = []
        with self._engine.open(self._job.source.options, probe, self._context) as session:
            for stream in streams_of(session, self._job.source.name):
                label = f".{stream.part}" if stream.part else ""
                file = f"{name}{label}.{stream.kind}{_codec.suffix(self._protection)}"
                self._step(f"dump {stream.part or stream.kind}")
                written = write_artifact(
                    stream,
                    os.path.join(staging, file),
                    self._protection,
                    self._context.children,
                    extra_recipient=key.recipient if key else "",
                    limit_seconds=self._job.source.time_limit * 60,
                    progress=self._observer.moved,
                )
                findings += written.findings
                artifacts.append(_Artifact(file, stream, written))
            self._step("inventory")
            with Understood(self._job.source.name):
                inventory = session.inventory()
                findings += session.findings()
        return artifacts, inventory, tuple(findings), key

    def _head(self, name: str, fields: NameFields, probe: Probe, started: str) -> dict[str, t.Any]:
        job, site, protection = self._job, self._site, self._protection
        return {
            "schema": SCHEMA,
            "collection": VERSION,
            "name": name,
            "fields": fields_as_dict(fields),
            "style": site.style,
            "source": job.source.name,
            "description": job.source.description,
            "host": site.host,
            "building": site.building,
            "run": self._run,
            "mode": job.mode,
            "type": job.type,
            "frequency": job.frequency,
            "night": job.night,
            "zone": site.zone,
            "slot": job.slot.stamp.isoformat(timespec="seconds"),
            "late": job.slot.late,
            "started": started,
            "parents": [],
            "engine": {
                "name": job.source.engine,
                "target": self._engine.describe(job.source.options),
                "version": probe.version,
                "server": probe.server,
                "tools": dict(probe.tools),
            },
            "protection": {
                "compression": protection.compression,
                "level": protection.level,
                "encryption": protection.encryption,
                "recipients": list(protection.recipients),
                "proof": protection.proof,
            },
        }

    def _recipe(self, artifacts: t.Sequence[_Artifact]) -> dict[str, t.Any]:
        lines = {artifact.file: recipe(self._protection, artifact.stream.restore) for artifact in artifacts}
        return {"parameters": PARAMETERS, "files": lines}

    def _seal(self, staging: str, name: str, document: t.Mapping[str, t.Any]) -> bytes:
        """Write manifest and signature beside the artifacts, and see that both can be read again."""
        self._step("sign")
        raw = encode(document)
        path = manifest_path(staging, name)
        # A set whose manifest we would refuse tomorrow is no backup today.
        decode(raw, name, path)
        if len(raw) > SIZE_LIMIT:
            raise ManifestError(
                f"The manifest of {name} has {len(raw)} bytes, and {SIZE_LIMIT} is the most that is read again",
                "Set inventory: objects for this source, or split the source",
                code="manifest.large",
            )
        ensure_key(self._site.signing_key, self._site.host, self._context.children)
        signature = sign(raw, self._site.signing_key, self._context.children)
        for paper, data in ((path, raw), (path + SIGNATURE_SUFFIX, signature)):
            with disk_errors("Cannot write", paper):
                write_new(paper, data)
                back = _readback.read_back(paper).digest
            if back.sha256 != digest_of(data):
                raise PipelineError(
                    f"{paper} does not read back as it was written",
                    "The disk or its cable alters data: see the kernel's log, and do not trust this disk",
                    code="pipeline.read_back",
                )
        return raw

    def _step(self, name: str) -> None:
        self._observer.step(self._job.source.name, name)


def _file_entry(artifact: _Artifact) -> dict[str, t.Any]:
    stream = artifact.stream
    return {
        "file": artifact.file,
        "part": stream.part,
        "kind": stream.kind,
        "database": stream.database,
        "plain": artifact.written.plain.as_dict(),
        "stored": artifact.written.stored.as_dict(),
    }
