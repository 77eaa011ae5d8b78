"""`clearway run`: serve an app, each call in its lane."""

from __future__ import annotations

import contextlib
import resource
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clearway.cli.address import Address, bind, read_address
from clearway.cli.console import shared_console
from clearway.cli.options import RunOptions
from clearway.cli.server import GracefulServer, ServingConfig
from clearway.cli.supervisors import Reloader, Workers
from clearway.cli.target import find_target
from clearway.console.recorder import LEAST_LIMIT_MB, USUAL_LIMIT_MB
from clearway.model import ClearwayError
from clearway.settings import Settings

if TYPE_CHECKING:
    import argparse

DEFAULT_GRACE_S = 30.0
RELOAD_GRACE_S = 1.0
"""With --reload, an open page with a stream should not hold up every save for half a minute."""
MOST_FILES = 65_536
OVERRIDES = {
    "threads": "threads",
    "max_wait": "max_wait_s",
    "processes": "processes",
    "process_memory": "process_memory_mb",
    "max_run": "max_run_s",
    "cluster": "cluster",
}
"""Option and key of the settings file: field of Settings."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("app", nargs="?", metavar="APP", help="package.module:attribute, a file, a file:attribute, or nothing")
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=int, default=8000, help="port to listen on, 0 for any (default: %(default)s)")
    add("--threads", type=int, metavar="N", help=f"most threads of the thread lane (default: {Settings().threads})")
    add(
        "--max-wait",
        type=float,
        metavar="S",
        help="refuse a call with 503 when it waited S seconds for a thread",
    )
    add("--contain", action="store_true", help="a blocking call in an async def suspends its own request only")
    add("--otel", action="store_true", help="tell OpenTelemetry: metrics, and what is known of a request on its span")
    add("--processes", type=int, metavar="N", help="most workers of the process lane (default: one a core)")
    add("--process-memory", type=int, metavar="MB", help="most memory of a worker of the process lane")
    add("--max-run", type=float, metavar="S", help="end a call in the process lane that runs longer")
    add("--cluster", metavar="ADDRESS", help="Dask scheduler of the cluster lane, tcp://HOST:PORT, or local")
    add("--workers", type=int, default=1, metavar="N", help="serve with N processes")
    add("--reload", action="store_true", help="serve anew whenever a source file changes")
    add(
        "--grace",
        type=float,
        metavar="S",
        help="when stopping, let requests finish for S seconds (default: 30; 1 with --reload)",
    )
    add("--factory", action="store_true", help="APP is a function that makes the app")
    add("--plan", type=Path, metavar="FILE", help="follow this plan")
    add("--settings", type=Path, metavar="FILE", help="settings file, instead of the nearest one")
    add("--console", metavar="HOST:PORT", help="where the console listens (default: 127.0.0.1:8001)")
    add("--no-console", action="store_true", help="no console")
    add("--console-token", metavar="TOKEN", help="ask for this token at the console")
    add("--record", type=Path, metavar="FILE", help="write what the console hears to FILE, for `clearway top FILE`")
    add(
        "--record-limit",
        type=int,
        default=USUAL_LIMIT_MB,
        metavar="MB",
        help="most of FILE and FILE.1, which has what came before (default: %(default)s)",
    )
    add(
        "--loop",
        choices=("auto", "asyncio", "uvloop"),
        default="auto",
        help="event loop (default: uvloop if there)",
    )
    add("--root-path", default="", metavar="PATH", help="path that a proxy strips before the app")
    add("--no-proxy-headers", action="store_true", help="do not believe X-Forwarded-* headers")
    add("--forwarded-allow-ips", metavar="IPS", help="proxies whose X-Forwarded-* headers are believed")
    add("--no-access-log", action="store_true", help="no line for each request")
    add("--verbose", action="store_true", help="more lines, and tracebacks with errors")


def run(args: argparse.Namespace) -> int:
    """Serve until stopped. Raises ClearwayError for what cannot be carried out."""
    options = read_options(args)
    # Before anything is started, and in the parent of several processes: said once, at once.
    options.settings()
    options.plan()
    _allow_many_connections()
    sock = bind(Address(options.host, options.port))
    sock.set_inheritable(True)
    # Until the server takes over, a stop means what Ctrl-C means.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with contextlib.closing(sock):
        if not options.reload and options.workers == 1:
            GracefulServer(ServingConfig(options)).run([sock])
            return 0
        with shared_console(options) as options_of_children:
            config = ServingConfig(options_of_children)
            if options.reload:
                Reloader(config, [sock]).run()
                return 0
            workers = Workers(config, [sock])
            workers.run()
            return 2 if workers.failed else 0


def read_options(args: argparse.Namespace) -> RunOptions:
    """The options of a command line. Raises ClearwayError for a value that is impossible."""
    if args.workers < 1:
        raise ClearwayError(f"--workers {args.workers}: at least 1")
    if args.reload and args.workers > 1:
        raise ClearwayError("--reload serves with one process; drop --workers")
    if not 0 <= args.port <= 65535:
        raise ClearwayError(f"--port {args.port}: from 0 to 65535")
    default_grace = RELOAD_GRACE_S if args.reload else DEFAULT_GRACE_S
    grace = default_grace if args.grace is None else args.grace
    if not 0 <= grace <= 86_400:
        raise ClearwayError(f"--grace {grace:g}: from 0 to 86400 seconds")
    if args.loop == "uvloop":
        _require_uvloop()
    console = _console(args)
    if args.record is not None and console is None:
        raise ClearwayError("--record writes what the console hears; drop --no-console")
    if args.record_limit < LEAST_LIMIT_MB:
        raise ClearwayError(f"--record-limit {args.record_limit}: at least {LEAST_LIMIT_MB} MB")
    overrides = _overrides(args)
    return RunOptions(
        target=find_target(args.app, Path.cwd()),
        factory=args.factory,
        host=args.host,
        port=args.port,
        settings_file=args.settings,
        overrides=overrides,
        plan_file=args.plan,
        console=console,
        console_may_move=args.console is None,
        console_token=args.console_token,
        record=args.record,
        record_limit_mb=args.record_limit,
        loop=args.loop,
        grace_s=grace,
        workers=args.workers,
        reload=args.reload,
        access_log=not args.no_access_log,
        verbose=args.verbose,
        root_path=args.root_path,
        proxy_headers=not args.no_proxy_headers,
        forwarded_allow_ips=args.forwarded_allow_ips,
    )


def _console(args: argparse.Namespace) -> Address | None:
    if args.no_console:
        return None
    if args.console is None:
        return Address("127.0.0.1", 8001)
    address = read_address(args.console, "--console")
    if not address.is_loopback and not args.console_token:
        raise ClearwayError(
            f"--console {address} can be reached by other machines: add --console-token, or use 127.0.0.1"
        )
    return address


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    """Fields of Settings, read by the same rules as the file's."""
    given = {key: getattr(args, key) for key in OVERRIDES if getattr(args, key) is not None}
    settings = Settings.from_mapping(given, "command line")
    overrides = {OVERRIDES[key]: getattr(settings, OVERRIDES[key]) for key in given}
    switches = {"contain": args.contain, "telemetry": args.otel}
    return {**overrides, **{name: True for name, is_on in switches.items() if is_on}}


def _require_uvloop() -> None:
    try:
        import uvloop  # noqa: F401
    except ImportError:
        raise ClearwayError("--loop uvloop: uvloop is not installed; use --loop asyncio") from None


def _allow_many_connections() -> None:
    """Raise the soft limit of open files: each connection is one, and shells often give 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
