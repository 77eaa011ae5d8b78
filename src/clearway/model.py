"""The words of Clearway as types. Everything else imports this module; it imports nothing of Clearway.

Times are seconds on `time.perf_counter`'s clock unless a name says otherwise.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class ClearwayError(Exception):
    """What the user asked for cannot be done. The message is one line: what is wrong, where, and what to do."""


class PlanError(ClearwayError):
    """A plan file cannot be read, or was made for other code."""


class SettingsError(ClearwayError):
    """A setting, pin or limit names something that does not exist, or has an impossible value."""


class LaneError(ClearwayError):
    """A call cannot run in the lane that it is meant for, or was lost there. The user's handlers may catch it."""


class CannotTravel(LaneError):
    """An argument, a result or the function itself cannot be sent to another process."""


class WorkerLost(LaneError):
    """The worker that ran a call has died, or was ended because the call ran too long."""


class Lane(StrEnum):
    """Where a call runs."""

    LOOP = "loop"
    THREAD = "thread"
    PROCESS = "process"
    CLUSTER = "cluster"


class CallKind(StrEnum):
    """What a call is to the framework."""

    ENDPOINT = "endpoint"
    WEBSOCKET = "websocket"
    DEPENDENCY = "dependency"
    DEPENDENCY_EXIT = "dependency_exit"
    BACKGROUND_TASK = "background_task"
    EXCEPTION_HANDLER = "exception_handler"
    VALIDATION = "validation"
    FILE = "file"
    STREAM = "stream"
    OFFLOAD = "offload"


FINISHING_KINDS = frozenset(
    {
        CallKind.DEPENDENCY_EXIT,
        CallKind.BACKGROUND_TASK,
        CallKind.EXCEPTION_HANDLER,
        CallKind.VALIDATION,
        CallKind.FILE,
        CallKind.STREAM,
    }
)
"""Calls that bring a request closer to its end. They never wait for a call that starts one."""


@dataclass(frozen=True, slots=True)
class Call:
    """One piece of the user's code that the framework runs."""

    id: str
    """`module:qualified.name`, as in `app.main:read_item`."""
    kind: CallKind
    is_async: bool
    file: str | None = None
    line: int | None = None
    """1-based line of the `def`."""


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """The plan's decision for one call."""

    call: str
    """A call's id."""
    lane: Lane
    """For an `async def` the loop, or the thread lane where it awaits nothing and may run like a `def`."""
    why: str
    blocks: bool = False
    """An `async def` that blocks the loop: containment is for it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """For each call its lane, and the reason. Written by the checker, followed by the runtime.

    `files` maps each source file the plan was made from (relative to the plan file's folder, or absolute)
    to the SHA-256 of its bytes, so that a plan for other code is recognised.
    """

    calls: Mapping[str, PlannedCall] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    SCHEMA = "clearway.plan/1"

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read a plan file and check it against the code it names.

        Raises PlanError when the file is missing, malformed, or made for other versions of its source files.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PlanError(f"plan {path}: {error.strerror or error}; write one, or drop --plan") from None
        except (UnicodeDecodeError, json.JSONDecodeError) as error:
            raise PlanError(f"plan {path}: not JSON ({error}); write it again") from None
        except RecursionError:
            raise PlanError(f"plan {path}: not JSON (nested too deeply); write it again") from None
        plan = cls._parse(data, path)
        plan._check_files(path)
        return plan

    @classmethod
    def _parse(cls, data: Any, path: Path) -> Plan:
        if not isinstance(data, dict) or data.get("schema") != cls.SCHEMA:
            found = data.get("schema") if isinstance(data, dict) else type(data).__name__
            raise PlanError(f"plan {path}: schema is {found!r}, expected {cls.SCHEMA!r}; write it again")
        calls: dict[str, PlannedCall] = {}
        try:
            for entry in data["calls"]:
                call = PlannedCall(
                    str(entry["call"]), Lane(entry["lane"]), str(entry["why"]), entry.get("blocks", False) is True
                )
                calls[call.call] = call
            files = {str(name): str(digest) for name, digest in data.get("files", {}).items()}
        except KeyError as error:
            raise PlanError(f"plan {path}: an entry has no {error}; write it again") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise PlanError(f"plan {path}: {error}; write it again") from None
        return cls(calls, files)

    def _check_files(self, path: Path) -> None:
        for name, digest in self.files.items():
            try:
                found = file_digest(path.parent / name)
            except (OSError, ValueError):  # ValueError: no name that a file can have
                raise PlanError(f"plan {path}: made from {name!r}, which cannot be read; write it again") from None
            if found != digest:
                raise PlanError(f"plan {path}: {name!r} has changed since it was made; write it again")

    def dump(self, path: Path) -> None:
        """Write the plan as JSON."""
        data = {
            "schema": self.SCHEMA,
            "calls": [_written(call) for call in self.calls.values()],
            "files": dict(self.files),
        }
        path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def of(cls, calls: Iterable[PlannedCall]) -> Plan:
        """A plan without source files, for tests and for code that builds one itself."""
        return cls({call.call: call for call in calls})


def _written(call: PlannedCall) -> dict[str, Any]:
    entry = asdict(call)
    if not call.blocks:
        del entry["blocks"]
    return entry


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


class EventType(StrEnum):
    """One step of a request. `wait`, `run` and `return` are the parts of a call."""

    REQUEST = "request"
    WAIT = "wait"
    RUN = "run"
    RETURN = "return"
    STALL = "stall"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Event:
    """What the recorder holds. `request` is 0 where no request is concerned."""

    type: EventType
    at_s: float
    duration_s: float
    request: int
    route: str
    call: str | None = None
    kind: CallKind | None = None
    lane: Lane | None = None


class Cause(StrEnum):
    """Why the loop stood still."""

    BLOCKING_CALL = "blocking_call"
    """The loop's thread waited inside a call: sleep, socket, lock, file, subprocess."""
    CPU = "cpu"
    """The loop's thread computed."""
    GARBAGE_COLLECTION = "garbage_collection"
    GIL = "gil"
    """Other threads computed and kept the interpreter lock."""
    MACHINE = "machine"
    """The process was stopped, or the machine gave the processor to others."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a stack. As a string: `app.py:12 in bad`."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{shown(self.file)}:{self.line} in {self.function}"


def shown(file: str | Path) -> str:
    """A path as the user would type it: relative where it lies below the working folder."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(file)


def counted(count: int, noun: str) -> str:
    """`1 request`, `2 requests`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass(frozen=True, slots=True)
class Victim:
    """A request that waited for the loop during a stall."""

    request: int
    route: str
    waited_s: float
    """How long of the stall it waited; for one that arrived during the stall, the most it can have been."""
    arrived_during: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """The loop did not turn for longer than the threshold, and who is to blame."""

    started_s: float
    duration_s: float
    cause: Cause
    route: str | None
    """The route whose call stood in the way, `GET /bad/`; None where none did."""
    call: str | None
    """The id of the call (endpoint, dependency, task …) at the root of the culprit's stack."""
    culprit: Frame | None
    """The innermost line of the user's own code; None where the cause is not a line of code."""
    operation: str | None
    """What that line was doing, as far as it can be seen: `time.sleep`, `socket.recv`, `list.sort` …"""
    stack: tuple[Frame, ...] = ()
    """Outermost first."""
    request: int = 0
    """The request that was being served, 0 for none."""
    victims: tuple[Victim, ...] = ()
    """The longest waits first, at most 100 of them."""
    victim_count: int = 0
    starved_s: float = 0.0
    """How much of it the loop's thread could have gone on, had it had a core and the GIL."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A call that was lost with the worker that ran it."""

    at_s: float
    lane: Lane
    route: str
    call: str
    request: int
    reason: str
    """`worker 4711 was killed by signal SIGSEGV`, `ran longer than 30 s`, `client gone` …"""


class Severity(StrEnum):
    """How much a finding can cost: `error` seconds, `warning` milliseconds to seconds, `advice` little or nothing."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return tuple(Severity).index(self)


class SinkKind(StrEnum):
    """What a blocking operation waits for."""

    SLEEP = "sleep"
    NETWORK = "network"
    DATABASE = "database"
    SUBPROCESS = "subprocess"
    FILE = "file"
    LOCK = "lock"
    CPU = "cpu"
    INPUT = "input"


class RootKind(StrEnum):
    """By which door the loop enters user code."""

    ENDPOINT = "endpoint"
    WEBSOCKET = "websocket"
    DEPENDENCY = "dependency"
    MIDDLEWARE = "middleware"
    EXCEPTION_HANDLER = "exception_handler"
    LIFESPAN = "lifespan"
    BACKGROUND_TASK = "background_task"
    TASK = "task"
    OTHER = "other"
    """Any other `async def`."""


class Verdict(StrEnum):
    """What the checker knows of a root."""

    CLEAN = "clean"
    BLOCKS = "blocks"
    """A finding of level error or warning on the loop, its own or that of an async dependency."""
    UNKNOWN = "unknown"
    """An unresolved call could hide a sink."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: this function calls that, on this line."""

    function: str
    """A call's id, `app.crud:load`."""
    file: str
    """Relative to the project's root, with forward slashes."""
    line: int
    calls: str
    """The id of the called function, or the dotted name of what is called outside the project."""


@dataclass(frozen=True, slots=True)
class Sink:
    """An operation that blocks."""

    name: str
    """Dotted, `requests.sessions.Session.request`."""
    kind: SinkKind


@dataclass(frozen=True, slots=True)
class Advice:
    """Where a root belongs, and the edit that puts it there."""

    lane: Lane
    change: str
    """`def`, `await`, `none` …: what to write differently."""
    why: str


@dataclass(frozen=True, slots=True)
class Root:
    """A function by which the loop enters user code."""

    id: str
    """`module:qualified.name`."""
    kind: RootKind
    file: str
    """Relative to the project's root."""
    line: int
    """1-based line of the `def`."""
    function: str
    """Qualified name, `Class.method`."""
    is_async: bool
    routes: tuple[str, ...]
    """`GET /items/{id}`: those that it serves, or that depend on it."""
    runs_on: Lane
    verdict: Verdict
    blocked_by: tuple[str, ...] = ()
    """Ids of the async dependencies by which it blocks."""
    advice: Advice | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """A safe edit, as a place and what to do there. Lines are 1-based, columns 0-based in characters."""

    kind: str
    """One of `clearway.check.fix.FixKind`."""
    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    description: str
    more: tuple[Fix, ...] = ()
    """Edits that go with it, perhaps in other files: all of them are made, or none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one place, with the calls that lead there."""

    rule: str
    severity: Severity
    root: str | None
    """A root's id; None where the rule is not about a root."""
    message: str
    sink: Sink | None
    chain: tuple[Link, ...]
    """Outermost first, never empty: its first link says where the finding stands."""
    fingerprint: str
    """Stays the same when lines move."""
    fix: Fix | None = None

    @property
    def file(self) -> str:
        """Where the finding is reported."""
        return self.chain[0].file

    @property
    def line(self) -> int:
        """Where the finding is reported."""
        return self.chain[0].line
