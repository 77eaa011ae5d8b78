"""Libraries that the tests' environment does not have, as far as threads can be seen waiting in them.

Compiled under the names and below the folder that the real ones have; functions call each other as theirs do.
"""

from __future__ import annotations

import sys
import types
from typing import Any

QUEUE = """
import threading
from collections import deque

class Queue:
    def __init__(self, items):
        self.not_empty = threading.Condition()
        self.queue = deque(items)

    def get(self):
        with self.not_empty:
            while not self.queue:
                self.not_empty.wait()
            return self.queue.popleft()

    def put(self, item):
        with self.not_empty:
            self.queue.append(item)
            self.not_empty.notify()
"""
IMPL = """
class QueuePool:
    def __init__(self, queue):
        self._pool = queue

    def connect(self):
        return self._do_get()

    def _do_get(self):
        return self._pool.get()

    def give_back(self, connection):
        self._pool.put(connection)
"""
SESSION = """
import contextlib
import time

@contextlib.contextmanager
def begin(pool):
    connection = pool.connect()
    try:
        yield connection
    finally:
        pool.give_back(connection)

class Session:
    def __init__(self, pool):
        self.pool = pool

    def execute(self, seconds):
        with begin(self.pool):
            time.sleep(seconds)
"""


def module(name: str, text: str) -> Any:
    made = types.ModuleType(name)
    file = f"/usr/lib/site-packages/{name.replace('.', '/')}.py"
    exec(compile(text, file, "exec"), made.__dict__)  # linecache finds no such file, as for a zipped library
    return made


def sqlalchemy_session(pool_size: int) -> Any:
    """As `Session(engine)` of SQLAlchemy with a QueuePool; `execute` is a statement of so many seconds."""
    assert "sqlalchemy" not in sys.modules
    queue = module("sqlalchemy.util.queue", QUEUE).Queue(range(pool_size))
    pool = module("sqlalchemy.pool.impl", IMPL).QueuePool(queue)
    return module("sqlalchemy.orm.session", SESSION).Session(pool)
