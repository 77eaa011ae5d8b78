"""Dask's package as it is used here: a client that ends with its connection, and a cluster beside this process."""

from __future__ import annotations

import contextlib
import importlib
from collections import deque
from typing import Any

from clearway.model import LaneError

CONNECT_S = 10.0
"""The longest that a connection may take at the start; `distributed.comm.timeouts.connect` can only shorten it."""
CLOSE_S = 3.0
BESIDE = "clearway.runtime.lanes.clusters.beside"


def package() -> Any:
    """Dask's own package. Raises LaneError where it is not installed."""
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise LaneError(
            f"the cluster lane needs Dask ({error}): install clearway[cluster], here and on the workers"
        ) from error


def client(target: Any) -> Any:
    """A client, to be awaited, of the scheduler at an address or of a cluster object."""
    distributed = package()

    class Connection(distributed.Client):  # type: ignore[name-defined, misc]
        """A client that ends with its connection. Dask's own would try again for a while and then give up for ever,
        and it is not told which of its futures that took."""

        async def _reconnect(self) -> None:
            await self._close(fast=True)

    return Connection(target, asynchronous=True, set_as_default=False, timeout=_timeout_s())


def keep_no_messages(stream: Any) -> None:
    """Dask keeps the last thousand messages of each stream, for its developers to look at: here they are calls with
    their arguments, up to a megabyte each."""
    stream.recent_message_log = deque(maxlen=0)


async def close(client: Any) -> None:
    """Close a client, whatever it says to that."""
    with contextlib.suppress(Exception):
        await client.close(timeout=CLOSE_S)


async def local_cluster(processes: int) -> Any:
    """A scheduler in this process, and so many workers of one thread each beside it."""
    import dask

    return await package().LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        processes=True,
        host="127.0.0.1",
        protocol="tcp",
        dashboard_address=None,
        worker_dashboard_address=None,
        preload=[*dask.config.get("distributed.worker.preload"), BESIDE],
        asynchronous=True,
    )


def _timeout_s() -> float:
    import dask
    from dask.utils import parse_timedelta

    return min(CONNECT_S, float(parse_timedelta(dask.config.get("distributed.comm.timeouts.connect"))))
