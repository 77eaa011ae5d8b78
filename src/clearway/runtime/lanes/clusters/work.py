"""What a worker does with a job. Imported there, so it brings nothing that a call does not need."""

from __future__ import annotations

from clearway.runtime.lanes.clusters import Job, Report, Verdict, code
from clearway.runtime.lanes.remote import travel


def work(job: Job, worker: str) -> Report:
    """Run a job, unless this worker has other code than the app. Raises nothing."""
    theirs = dict(job.versions)
    differing = tuple((name, version) for name, version in code.versions() if theirs.get(name) != version)
    try:
        digest = code.digest(job.module)
    except ModuleNotFoundError as error:
        return Report(Verdict.NO_CODE, worker, text=str(error), versions=differing)
    except Exception as error:  # a package that fails when imported, as a parent of the module
        return Report(Verdict.NO_CODE, worker, text=f"{type(error).__name__}: {error}", versions=differing)
    if job.digest is not None and digest is not None and digest != job.digest:
        return Report(Verdict.OTHER_CODE, worker, text=digest, versions=differing)
    return Report(Verdict.DONE, worker, travel.run(job.payload), versions=differing)
