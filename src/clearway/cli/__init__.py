"""The `clearway` command: parse, call, print. One module a verb."""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import os
import sys
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from clearway.cli.report import complain
from clearway.model import ClearwayError
from clearway.settings import suggest

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class _Verb:
    """A verb, whose module has `add_arguments(parser)` and `run(args)`."""

    module: str
    help: str
    description: str


_VERBS = {
    "run": _Verb(
        "clearway.cli.run",
        "serve an app",
        "Serves an ASGI app; each call of a FastAPI or Starlette app runs in its lane.",
    ),
    "check": _Verb(
        "clearway.cli.check",
        "find what blocks the event loop",
        "Reads the code of a FastAPI or Starlette service, runs none of it, and says what blocks the event loop.",
    ),
    "top": _Verb(
        "clearway.cli.top",
        "watch a running app, or a recording",
        "Shows routes, stalls, the thread pool and the diagnosis of a running app, or of a recording.",
    ),
}


class _Parser(argparse.ArgumentParser):
    """argparse, with errors of one line."""

    def error(self, message: str) -> NoReturn:
        known = [option for action in self._actions for option in action.option_strings]
        prefix = "unrecognized arguments: "
        if message.startswith(prefix):
            unknown = message.removeprefix(prefix).split(" ")[0]
            options = [option for option in known if option.startswith("--")]
            hint = suggest(unknown.partition("=")[0], options) if unknown.startswith("-") else ""
            message = f"unknown argument {unknown!r}{hint}"
        raise ClearwayError(f"{message} (see {self.prog} --help)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code: 0 done, 1 findings, 2 it could not be carried out."""
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        parser, verbs = _parser(given)
        args, unknown = parser.parse_known_args(given)
        if unknown:
            verbs[args.verb].error(f"unrecognized arguments: {' '.join(unknown)}")
        code: int = importlib.import_module(_VERBS[args.verb].module).run(args)
        return code
    except ClearwayError as error:
        if "--verbose" in given:
            traceback.print_exc()
        complain(str(error))
        return 2
    except KeyboardInterrupt:  # a server has done its work when it is stopped, a check has not
        return 0 if given[:1] == ["run"] else 2
    except BrokenPipeError:
        # Whoever read our output has gone; Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def version() -> str:
    """Clearway's own."""
    try:
        return importlib.metadata.version("clearway")
    except importlib.metadata.PackageNotFoundError:  # run from its source
        return "(not installed)"


def _parser(given: Sequence[str]) -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    parser = _Parser(
        prog="clearway",
        allow_abbrev=False,
        description="Runs each endpoint of an app where it belongs, and finds what blocks the event loop.",
    )
    parser.add_argument("--version", action="version", version=f"clearway {version()}")
    adder = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    verbs: dict[str, argparse.ArgumentParser] = {}
    for name, verb in _VERBS.items():
        verbs[name] = adder.add_parser(name, allow_abbrev=False, help=verb.help, description=verb.description)
        if name in given:  # a verb's module is imported only when it is used: a check needs no server
            importlib.import_module(verb.module).add_arguments(verbs[name])
    return parser, verbs
