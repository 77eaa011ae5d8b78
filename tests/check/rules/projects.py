"""Small projects in memory of which a single rule is asked, without roots and without an engine."""

from __future__ import annotations

from pathlib import Path

from clearway.check.environment import find_environment
from clearway.check.program.program import Program
from clearway.check.project import find_project
from clearway.check.rules import RULES
from clearway.check.sinks import Library
from clearway.check.survey import Survey
from clearway.model import Finding


def findings(code: str, text: str, folder: Path) -> list[Finding]:
    """What a rule that needs no roots finds in a module."""
    (folder / "pyproject.toml").write_text('[project]\nname = "service"\nversion = "1"\n')
    (folder / "main.py").write_text(text, encoding="utf-8")
    project = find_project([folder], (), ())
    program = Program(project, find_environment(project.root, None), Library.load())
    return list(RULES[code].find(Survey(program, [])))
