"""The checker's answer: asked for through the command line, read by the contract of `check --format json`."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import sys
from pathlib import Path
from typing import Any

from clearway.cli import main
from tests.check.corpus.case import KINDS, LEVELS, VERDICTS

LANES = {"loop", "thread", "process", "cluster"}
SINK_KINDS = {"sleep", "network", "database", "subprocess", "file", "lock", "cpu", "input"}

ROOT_KEYS = {
    "id",
    "kind",
    "file",
    "line",
    "function",
    "async",
    "routes",
    "runs_on",
    "verdict",
    "blocked_by",
    "advice",
}
FINDING_KEYS = {"rule", "severity", "root", "message", "sink", "chain", "fingerprint", "fix"}
CHAIN_RULES = ("CW101", "CW102", "CW103")
LINK_KEYS = {"function", "file", "line", "calls"}

EMPTY_VENV = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"


class Refused(Exception):
    """The checker did not answer with a report: exit code 2, a crash, or text that is no JSON."""


def run(folder: Path, arguments: list[str]) -> tuple[int, dict[str, Any]]:
    """Check a folder. Gives the exit code and the report. Raises Refused."""
    out, err = io.StringIO(), io.StringIO()
    argv = ["check", str(folder), "--format", "json", "--level", "advice", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(argv)
    except (Exception, SystemExit) as error:
        raise Refused(f"{type(error).__name__}: {error}; it wrote: {err.getvalue().strip()}") from error
    try:
        data = json.loads(out.getvalue())
    except json.JSONDecodeError:
        raise Refused(f"exit code {code}, no JSON; it wrote: {err.getvalue().strip()}") from None
    if not isinstance(data, dict):
        raise Refused(f"the report is a {type(data).__name__}")
    return code, data


def furnish(folder: Path) -> None:
    """Give a project what every real one has: a project file, and an environment of its own (here an empty one)."""
    if not (folder / "pyproject.toml").exists():
        (folder / "pyproject.toml").write_text('[project]\nname = "service"\nversion = "1.0"\n')
    venv = folder / ".venv"
    if not venv.exists():
        (venv / EMPTY_VENV).mkdir(parents=True)
    if not (venv / "pyvenv.cfg").exists():
        home = Path(sys.base_prefix) / "bin"
        version = ".".join(map(str, sys.version_info[:3]))
        (venv / "pyvenv.cfg").write_text(f"home = {home}\ninclude-system-site-packages = false\nversion = {version}\n")
    (venv / "bin").mkdir(exist_ok=True)
    if not (venv / "bin" / "python").exists():
        os.symlink(Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}", venv / "bin" / "python")


def breaches(code: int, data: dict[str, Any], folder: Path) -> list[str]:
    """Where a report breaks its contract, or contradicts itself."""
    if data.get("schema") != "clearway.check/1":
        return [f"schema is {data.get('schema')!r}"]
    missing = {"roots", "findings", "unresolved", "seconds"} - set(data)
    if missing:
        return [f"the report has no {', '.join(sorted(missing))}"]
    found = [breach for root in data["roots"] for breach in _root_breaches(root, folder)]
    found += [breach for finding in data["findings"] for breach in _finding_breaches(finding, folder)]
    if found:
        return found
    ids = [(root["file"], root["id"]) for root in data["roots"]]
    found += [f"root {file} {name} twice" for file, name in sorted(set(ids)) if ids.count((file, name)) > 1]
    prints = [finding["fingerprint"] for finding in data["findings"]]
    found += [f"fingerprint {one} twice" for one in sorted(set(prints)) if prints.count(one) > 1]
    found += _contradictions(data, folder)
    expected = 1 if any(finding["severity"] == "error" for finding in data["findings"]) else 0
    if code != expected:
        found.append(f"exit code {code}, expected {expected}")
    unresolved = data["unresolved"]
    if not 0 <= unresolved["calls"] <= unresolved["total"]:
        found.append(f"unresolved counts make no sense: {unresolved}")
    return found


def _root_breaches(root: dict[str, Any], folder: Path) -> list[str]:
    name = root.get("id")
    if set(root) != ROOT_KEYS:
        return [f"root {name}: keys differ by {sorted(set(root) ^ ROOT_KEYS)}"]
    checks = {
        "kind": root["kind"] in KINDS,
        "verdict": root["verdict"] in VERDICTS,
        "runs_on": root["runs_on"] in LANES,
        "async": isinstance(root["async"], bool),
        "id": root["id"].endswith(f":{root['function']}"),
        "file": (folder / root["file"]).is_file(),
        "routes": all(isinstance(route, str) and " /" in route for route in root["routes"]),
    }
    return [f"root {name}: {key} is {root[key]!r}" for key, right in checks.items() if not right]


def _finding_breaches(finding: dict[str, Any], folder: Path) -> list[str]:
    name = f"finding {finding.get('rule')}"
    if set(finding) != FINDING_KEYS:
        return [f"{name}: keys differ by {sorted(set(finding) ^ FINDING_KEYS)}"]
    if finding["severity"] not in LEVELS:
        return [f"{name}: severity is {finding['severity']!r}"]
    if not finding["chain"]:
        return [f"{name}: its chain is empty"]
    found = []
    for link in finding["chain"]:
        if set(link) != LINK_KEYS:
            found.append(f"{name}: keys of a link differ by {sorted(set(link) ^ LINK_KEYS)}")
        elif not (folder / link["file"]).is_file():
            found.append(f"{name}: no file {link['file']}")
        elif not 1 <= link["line"] <= len((folder / link["file"]).read_text().split("\n")):
            found.append(f"{name}: {link['file']} has no line {link['line']}")
    sink = finding["sink"]
    if sink is not None and (set(sink) != {"name", "kind"} or sink["kind"] not in SINK_KINDS):
        found.append(f"{name}: sink is {sink}")
    if "\n" in finding["message"] or not finding["message"]:
        found.append(f"{name}: message is {finding['message']!r}")
    return found


def _contradictions(data: dict[str, Any], folder: Path) -> list[str]:
    """A verdict says what the findings say, and chains are connected.

    A finding that the user has accepted is gone, and may still be what a verdict rests on.
    """
    found = []
    roots = {root["id"] for root in data["roots"]}
    grave = [finding for finding in data["findings"] if finding["severity"] != "advice"]
    blocking = {finding["root"] for finding in grave if finding["rule"] in CHAIN_RULES}
    reasons = {finding["root"] for finding in grave}
    for root in data["roots"]:
        if root["id"] in blocking and root["verdict"] != "blocks":
            found.append(f"root {root['id']} has a finding, but its verdict is {root['verdict']}")
        accepts = "# clearway: ignore" in (folder / root["file"]).read_text(encoding="utf-8")
        if root["verdict"] == "blocks" and root["id"] not in reasons and not root["blocked_by"] and not accepts:
            found.append(f"root {root['id']} blocks without a finding or an entry in blocked_by")
        if set(root["blocked_by"]) - roots:
            found.append(f"root {root['id']}: blocked_by {root['blocked_by']} names no root")
    for finding in data["findings"]:
        if finding["root"] is not None and finding["root"] not in roots:
            found.append(f"{finding['rule']}: {finding['root']} is no root")
        links = finding["chain"]
        if finding["rule"] in CHAIN_RULES:
            # What runs in a root's place is the wrapper that its decorator made.
            if links[0]["function"] != finding["root"] and ".<locals>." not in links[0]["function"]:
                found.append(f"{finding['rule']}: the chain starts at {links[0]['function']}, not {finding['root']}")
            for link, following in itertools.pairwise(links):
                if link["calls"] != following["function"]:
                    found.append(f"{finding['rule']}: {link['calls']} is called, {following['function']} follows")
        if finding["rule"] == "CW101" and len(links) != 1:
            found.append("CW101 is direct, but its chain has several links")
        if finding["rule"] == "CW102" and len(links) < 2:
            found.append("CW102 is transitive, but its chain has one link")
    return found
