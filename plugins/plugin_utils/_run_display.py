# SPDX-FileCopyrightText: Nusantara Backup contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees while a run goes on: one line for each event or step."""

from __future__ import annotations

import shlex
import typing as t

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def lines_of(host: str, events: t.Sequence[t.Mapping[str, t.Any]], progress: t.Mapping[str, t.Any]) -> list[str]:
    """Lines for the terminal; everything that came from the host is made printable."""
    lines = [line for event in events for line in [_event_line(event["event"], event["data"])] if line]
    if not lines and progress.get("step"):
        moved = f" {size(progress['bytes'])}" if progress.get("bytes") else ""
        lines.append(f"{progress.get('source') or 'run'}: {progress['step']}{moved}")
    return [printable(f"[{host}] {line}") for line in lines]


def lines_of_check(host: str, result: t.Mapping[str, t.Any]) -> list[str]:
    """What a check found: each backup that would be made, and each finding that the message does not tell already."""
    told = "error" if result.get("failed") else ""
    lines = [
        f"{job['source']}: {job['type']} {job['frequency']} of the night {job['night']}, "
        f"copied to {', '.join(job['media']) or 'no medium'}"
        for job in result.get("plan", [])
    ]
    lines += [
        f"{hook['when']} {', '.join(hook['sources'])} ({hook['kind']} {hook['name']}): "
        f"{shlex.join(hook['words'])}, at most {hook['time_limit']} min"
        for hook in result.get("hooks", [])
    ]
    lines += [
        f"{finding['level']}: {finding['message']}. {finding['remedy']}".rstrip(". ") + "."
        for finding in result.get("findings", [])
        if finding["level"] != told
    ]
    return [printable(f"[{host}] {line}") for line in lines]


def _event_line(event: str, data: t.Mapping[str, t.Any]) -> str:
    if event == "source.started":
        return f"{data['source']}: started"
    if event == "source.finished":
        if data["outcome"] != "success":
            return f"{data['source']}: FAILED - {data['error']['message']}"
        took = f"{data['seconds']:.1f} s, {size(data['plain_bytes'])} plain, {size(data['stored_bytes'])} stored"
        return f"{data['source']}: {data['name']} ({took})"
    if event == "copy.finished":
        if data["error"]:
            return f"{data['source']}: copy to {data['medium']} FAILED - {data['error']['message']}"
        return f"{data['source']}: copy on {data['medium']} {data['outcome']}"
    if event == "hook.started":
        return f"{data['name']}: {data['when']}-hook started"
    if event == "hook.finished":
        if data["error"]:
            return f"{data['name']}: {data['when']}-hook FAILED - {data['error']['message']}"
        return f"{data['name']}: {data['when']}-hook ended well ({data['seconds']:.1f} s)"
    if event == "run.finished":
        return f"run ended after {data['seconds']:.1f} s: {data['outcome']}"
    if event == "run.interrupted":
        return f"run interrupted: {data['error']['message']}"
    return ""


def size(count: float) -> str:
    """Bytes with a binary unit."""
    for unit in _UNITS:
        if count < 1024 or unit == _UNITS[-1]:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return ""


def printable(text: str) -> str:
    """Without anything that could move the cursor or change the terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
