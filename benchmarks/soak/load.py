"""Clients that ask, and some that go away before they are answered."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from benchmarks.client import Address, Connection

if TYPE_CHECKING:
    from benchmarks.soak.ledger import Ledger

PATIENCE_S = 60.0
"""Longer than any answer can take here: a request that takes more is lost."""

CLIENTS = {
    "/trivial": 4,
    "/sleep": 20,
    "/upstream": 20,
    "/future": 6,
    "/thread": 20,
    "/stream": 10,
    "/process": 4,
    "/cluster": 4,
}
"""Clients that ask one route after the other, again and again."""
VANISHING = 0.03
"""The part of requests whose client goes away in the middle."""
PAUSE_S = 0.02


async def keep_asking(base: str, route: str, ledger: Ledger, until: float, seed: int) -> None:
    """One client of one route, until the loop's clock says so."""
    chance = random.Random(seed)
    loop = asyncio.get_running_loop()
    connection: Connection | None = None
    address = Address.of(base + route)
    while loop.time() < until:
        vanishes = chance.random() < VANISHING
        patience_s = chance.uniform(0.0, 0.1) if vanishes else PATIENCE_S
        ledger.sent[route] += 1
        try:
            async with asyncio.timeout(patience_s):
                if connection is None or not connection.usable:
                    connection = await Connection.open(address)
                status = await connection.ask(address.request)
            ledger.answered[route, status] += 1
        except TimeoutError:
            if vanishes:
                ledger.given_up[route] += 1
            else:
                ledger.lose(f"{route}: no answer within {PATIENCE_S:g} s")
            if connection is not None:
                connection.close()
            connection = None
        except OSError as error:
            ledger.lose(f"{route}: {type(error).__name__}")
            connection = None
        await asyncio.sleep(chance.uniform(0.0, 2 * PAUSE_S))
    if connection is not None:
        connection.close()
