"""At most once on Dask: a worker asks the scheduler before it begins a job, and nobody else gets the same answer.

Dask repeats a task whose worker was lost, three times as it is configured, and computes anew a result that was lost
with its worker. Which of these tasks had begun, nobody knows but the worker. So a small plugin in the scheduler keeps
for each job who has begun it; the next who asks is refused, and the app is told which jobs went with a worker.
"""

from __future__ import annotations

import pickle
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from distributed import get_worker
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.utils import sync

from clearway.runtime.lanes.clusters import Job, Report, Verdict
from clearway.runtime.lanes.clusters.work import work

if TYPE_CHECKING:
    from distributed import Scheduler

TOPIC = "clearway"
"""Where the plugin tells the apps which workers came and went."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Who has begun a job."""

    worker: str
    token: str


class Claims(SchedulerPlugin):
    """In the scheduler: who has begun what. The name carries the protocol's number, so that versions do not mix."""

    name = "clearway-claims-1"
    idempotent = True

    def __init__(self) -> None:
        self._claims: dict[str, Claim] = {}

    async def start(self, scheduler: Scheduler) -> None:
        """Answer the workers' and the apps' questions from now on."""
        self._scheduler = scheduler
        scheduler.handlers.update(clearway_claim=self.claim, clearway_withdraw=self.withdraw, clearway_count=self.count)

    def claim(self, key: str, worker: str, token: str) -> str:
        """Who may run a job: the token of whoever asked first, nothing where nobody wants it any more."""
        if key not in self._scheduler.tasks:
            return ""
        return self._claims.setdefault(key, Claim(worker, token)).token

    def withdraw(self, key: str) -> bool:
        """Take a job back. False where a worker has begun it."""
        return self._claims.setdefault(key, Claim("", "")).worker == ""

    def count(self) -> tuple[int, int]:
        """(workers, threads) of the cluster."""
        workers = self._scheduler.workers.values()
        return len(workers), sum(worker.nthreads for worker in workers)

    def transition(self, key: Any, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """A task that the scheduler forgets needs no claim any more."""
        if finish == "forgotten":
            self._claims.pop(key, None)

    def add_worker(self, scheduler: Scheduler, worker: str) -> None:
        """Tell the apps."""
        self._tell([])

    def remove_worker(self, scheduler: Scheduler, worker: str, *, stimulus_id: str, **kwargs: Any) -> None:
        """Tell the apps which jobs were lost: those that it had begun, save results that others hold a copy of."""
        lost = [key for key, claim in self._claims.items() if claim.worker == worker and not self._in_memory(key)]
        self._tell(lost, worker)

    def _in_memory(self, key: str) -> bool:
        task = self._scheduler.tasks.get(key)
        return task is not None and task.state == "memory"

    def _tell(self, lost: list[str], worker: str = "") -> None:
        self._scheduler.log_event(TOPIC, {"count": self.count(), "worker": worker, "lost": lost})


def work_once(packed: bytes) -> Report:
    """On a worker: run a job, unless another has begun it."""
    worker = get_worker()
    job: Job = pickle.loads(packed)
    token = uuid.uuid4().hex
    try:
        holder = sync(worker.loop, worker.scheduler.clearway_claim, key=job.id, worker=worker.address, token=token)
    except Exception as error:
        return Report(Verdict.UNASKED, worker.address, text=f"{type(error).__name__}: {error}")
    if holder != token:
        return Report(Verdict.TAKEN, worker.address)
    return work(job, worker.address)
