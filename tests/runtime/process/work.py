"""Functions that workers run. They tell a test what happens by files, since memory is not shared."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import threading
import time
from pathlib import Path


def pid() -> int:
    return os.getpid()


def double(number: int) -> int:
    return number * 2


def announce(path: str) -> int:
    """Leave the worker's process id where a test waits for it."""
    done = Path(path).with_suffix(".new")
    done.write_text(str(os.getpid()))
    done.rename(path)
    return os.getpid()


def block(path: str) -> int:
    """Run until a file `go` appears beside the announcement, or the worker is killed."""
    announce(path)
    go = Path(path).with_name("go")
    while not go.exists():
        time.sleep(0.005)
    return os.getpid()


def count(path: str) -> None:
    """Add one to a file, and take a moment for it."""
    with Path(path).open("a") as file:
        file.write(".")
    time.sleep(0.01)


def start_child(path: str) -> None:
    """Start a process that would go on for long, and wait for it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(path).write_text(str(child.pid))
    child.wait()


def segfault() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def grow() -> None:
    held = []
    while True:
        held.append(bytearray(8 << 20))
        time.sleep(0.001)


def hold(megabytes: int) -> int:
    """Use so much memory for a while, and give it back."""
    held = bytearray(megabytes << 20)
    time.sleep(0.3)
    return len(held)


def reserve() -> int:
    """Have many threads, each with address space of its own, and use little memory."""
    done = threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(40)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    done.set()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def fork(path: str) -> None:
    """Leave a process behind that holds all descriptors of this one."""
    if os.fork() == 0:
        Path(path).write_text(str(os.getpid()))
        time.sleep(30)
        os._exit(0)
    while not Path(path).exists():
        time.sleep(0.005)
    os._exit(4)
