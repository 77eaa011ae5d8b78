"""Code version skew: what is said, and refused, where workers have other code than the app."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from clearway.model import LaneError
from clearway.runtime import hooks
from clearway.runtime.lanes.clusters import Verdict, code

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from clearway.runtime.lanes.clusters import Cluster, Job, Report

_log = logging.getLogger("clearway")

_HOW_TO_FIND = "install the app's code there, or start the worker with PYTHONPATH set to its folder"


class Skew:
    """Knows the app's own code, and what was said of the workers'."""

    def __init__(self) -> None:
        self._digests: dict[str, str | None] = {}
        """By module."""
        self._told_versions: set[tuple[str, str]] = set()

    async def digest(self, module: str) -> str | None:
        """Of the module's package; its files are read beside the loop."""
        if module not in self._digests:
            try:
                self._digests[module] = await hooks.original_run_sync(code.digest, module)
            except ModuleNotFoundError:  # made by hand, or of a folder that is no longer on the path
                self._digests[module] = None
        return self._digests[module]

    async def compare(self, cluster: Cluster, modules: Collection[str]) -> None:
        """Say at once what would otherwise be found out call by call."""
        for module in modules:
            await self.digest(module)
        theirs = await cluster.probe(tuple(sorted(modules)))
        if not theirs:
            _log.warning("cluster %s has no worker yet; calls wait for one", cluster.address)
        for worker, found in theirs.items():
            self.tell_versions(worker, [(name, str(found.get(name))) for name, _ in code.versions()])
            for module in sorted(modules):
                if found.get(module) == "missing":
                    _log.warning("worker %s cannot import %s: %s", worker, module, _HOW_TO_FIND)
                elif found.get(module) != self._digests[module]:
                    _log.warning("worker %s has other code of %s than the app", worker, code.package_of(module))

    def tell_versions(self, worker: str, theirs: Sequence[tuple[str, str]]) -> None:
        """Say which packages a worker has in other versions, each once."""
        ours = dict(code.versions())
        for name, version in theirs:
            if ours.get(name) != version and (name, version) not in self._told_versions:
                self._told_versions.add((name, version))
                _log.warning("worker %s has %s %s, the app %s", worker, name, version, ours.get(name))


def refusal(report: Report, job: Job) -> LaneError:
    """Why a worker did not run a job, and what to do."""
    if report.verdict is Verdict.NO_CODE:
        return LaneError(f"{job.name}: worker {report.worker} cannot import it ({report.text}): {_HOW_TO_FIND}")
    return LaneError(
        f"{job.name}: worker {report.worker} has other code of {code.package_of(job.module)} ({report.text}) "
        f"than the app ({job.digest}); bring both to the same version and restart them"
    )
