"""Codes, names, documentation, changelog and fixtures say the same of the rules."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from clearway.check import rules
from clearway.check.rules import RULES
from clearway.check.rules.rule import Rule
from scripts import rule_docs

HERE = Path(__file__).parent
SECTIONS = ["## What it does", "## Why is this bad?", "## Example"]


def test_every_module_with_a_code_is_a_rule() -> None:
    modules = {info.name for info in pkgutil.iter_modules(rules.__path__) if re.match(r"cw\d", info.name)}
    assert {name[:5].upper() for name in modules} == set(RULES)
    assert len(modules) == len(RULES)
    for name in modules:
        module = importlib.import_module(f"clearway.check.rules.{name}")
        assert name[:5].upper() == module.CODE


def test_names_are_words_and_unique() -> None:
    names = [rule.name for rule in RULES.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in names)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_documentation_has_its_sections(rule: Rule) -> None:
    headings = [line for line in rule.documentation.split("\n") if line.startswith("## ")]
    assert headings == SECTIONS
    assert "Use instead" in rule.documentation
    assert rule.documentation.count("```") >= 4
    assert rule.documentation.count("```") % 2 == 0
    assert rule.summary.endswith(".")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_examples_are_python(rule: Rule) -> None:
    blocks = re.findall(r"```python\n(.*?)```", rule.documentation, re.DOTALL)
    assert blocks
    for block in blocks:
        compile(block, rule.code, "exec")


def test_the_page_is_what_the_script_writes() -> None:
    assert rule_docs.PAGE.read_text(encoding="utf-8") == rule_docs.page(), "run: python scripts/rule_docs.py"


def test_the_changelog_names_every_rule() -> None:
    changelog = (HERE.parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    named = dict(re.findall(r"^  - (CW\d{3}) `([a-z-]+)`", changelog, re.MULTILINE))
    assert named == {rule.code: rule.name for rule in RULES.values()}


def test_every_rule_has_a_good_and_a_bad_fixture() -> None:
    names = sorted(path.name for path in (HERE / "fixtures").iterdir())
    assert names == sorted(f"{code.lower()}_{kind}.py" for code in RULES for kind in ("bad", "good"))
