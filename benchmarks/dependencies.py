"""A service that uses every package of an environment: one endpoint for each of a few functions and classes of each."""

from __future__ import annotations

import ast
import json
import subprocess
from pathlib import Path

OF_EACH = 3
"""Functions and classes of each package that are called."""
_ASK = """
import importlib.metadata as metadata, json, sys
found = {}
for name, owners in metadata.packages_distributions().items():
    for owner in owners:
        for file in metadata.distribution(owner).files or ():
            if str(file) in (name + "/__init__.py", name + ".py"):
                found[name] = str(file.locate())
print(json.dumps([found, len({found["Name"] for found in (one.metadata for one in metadata.distributions())})]))
"""
HEAD = """from fastapi import FastAPI

import {package}

app = FastAPI()
"""
ENDPOINT = """

@app.get("/{package}/{name}")
async def use_{name}(value: str) -> object:
    return {package}.{name}(value)
"""


def write_uses(folder: Path, python: str) -> tuple[int, int]:
    """Write the service; how many lines it has, and how many distributions the environment of `python` holds."""
    asked = subprocess.run([python, "-c", _ASK], check=True, capture_output=True, text=True, timeout=120)
    places, distributions = json.loads(asked.stdout)
    package = folder / "uses"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("", encoding="utf-8")
    lines = 0
    for name, place in sorted(places.items()):
        public = _public(Path(place)) if name.isidentifier() and not name.startswith("_") else []
        if public:
            text = HEAD.format(package=name) + "".join(ENDPOINT.format(package=name, name=one) for one in public)
            (package / f"use_{name}.py").write_text(text, encoding="utf-8")
            lines += text.count("\n")
    return lines, distributions


def _public(path: Path) -> list[str]:
    """The first names that the module takes from elsewhere or defines, functions and classes as far as one can tell."""
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return []
    names: list[str] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names += [alias.asname or alias.name for alias in node.names]
    return [name for name in dict.fromkeys(names) if name[:1].isalpha()][:OF_EACH]
