"""Reading a report: whatever stands in its files is an answer or an EngineError, and memory stays bounded."""

from __future__ import annotations

import contextlib
import copy
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearway.check.engine import EngineError, Span
from clearway.check.engine.graph import ReportedCallGraph
from clearway.check.engine.report import CallGraphs, Module, Report
from clearway.check.engine.runs import SourceRoots
from clearway.check.project import Project
from tests.check.engine.conftest import project_of

CALLED = Span(5, 0, 5, 3)


def report_of(names: list[str], root: Path) -> dict[str, Any]:
    """The files of a report in which every module has a class, a subclass with an override, and calls of both."""
    files: dict[str, Any] = {"pyrefly.pysa.json": {"format_version": 1, "modules": {}}}
    for number, name in enumerate(names, 1):
        path = {"FileSystem": f"{root}/{name}.py"}
        about = {"module_id": number, "module_name": name, "source_path": path, "info_filename": f"{name}.json"}
        files["pyrefly.pysa.json"]["modules"][str(number)] = about
        base, child = {"module_id": number, "class_id": 0}, {"module_id": number, "class_id": 1}
        run = {"module_id": number, "function_id": "F:0", "function_name": "run"}
        made = {"module_id": number, "function_id": "CF:1:0", "function_name": "__init__"}
        files[f"definitions/{name}.json"] = {
            "format_version": 1,
            "module_id": number,
            "function_definitions": {
                "F:0": {"name": "run", "name_location": "2:9-2:12", "defining_class": base},
                "F:1": {"name": "run", "name_location": "7:9-7:12", "defining_class": child},
                "CF:1:0": {"name": "__init__", "defining_class": child},
            },
            "class_definitions": {
                "0": {"class_id": 0, "name": "Base", "mro": {"Resolved": []}, "parent": "TopLevel"},
                "1": {"class_id": 1, "name": "Child", "mro": {"Resolved": [base]}, "parent": {"Class": {}}},
            },
        }
        overriding = {"target": {"Overrides": run}, "receiver_class": base}
        making = {"target": {"Function": made}, "receiver_class": child}
        files[f"call_graphs/{name}.json"] = {
            "format_version": 1,
            "module_id": number,
            "call_graphs": {
                "MTL": {
                    "5:1-5:4": {"Call": {"call_targets": [overriding], "init_targets": [making]}},
                    "5:1-5:4|artificial-call|with-enter": {"Call": {"call_targets": [overriding]}},
                },
                "F:0": {"6:1-6:4": {"AttributeAccess": {"property_getters": [overriding]}}},
            },
        }
    return files


def write(folder: Path, files: dict[str, Any]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())


class CountingReport(Report):
    """Knows how often a module's calls were read."""

    reads = 0

    def call_graphs(self, module: Module) -> CallGraphs | None:
        self.reads += 1
        return super().call_graphs(module)


def graph_of(project: Project, report: Report, most_places: int = 1000) -> ReportedCallGraph:
    roots = SourceRoots(project)
    return ReportedCallGraph(project.files, roots, [(roots.runs()[0], report)], most_places)


def test_a_report_is_joined_by_place(tmp_path: Path) -> None:
    project = project_of(tmp_path / "project", {"one.py": ""})
    write(tmp_path / "report", report_of(["one"], project.root))
    graph = graph_of(project, Report(tmp_path / "report", "1.4.1"))
    path = project.files[0].path
    expected = [(2, "run", "one.Base"), (7, "run", "one.Base.Child")]
    assert [(target.line, target.name, target.receiver) for target in graph.calls(path, CALLED)] == expected
    assert list(graph.constructs(path, CALLED)) == ["one.Base.Child"]
    assert [target.line for target in graph.implicit(path, CALLED)] == [2, 7]
    assert [target.line for target in graph.properties(path, Span(6, 0, 6, 3))] == [2, 7]


@pytest.mark.parametrize(("most_places", "reads"), [(1000, 3), (8, 4), (1, 6)])
def test_no_more_places_are_kept_than_allowed_and_what_was_dropped_is_read_again(
    tmp_path: Path, most_places: int, reads: int
) -> None:
    names = ["one", "two", "three"]
    project = project_of(tmp_path / "project", {f"{name}.py": "" for name in names})
    write(tmp_path / "report", report_of(names, project.root))
    report = CountingReport(tmp_path / "report", "1.4.1")
    graph = graph_of(project, report, most_places)
    for name in ("one", "one", "two", "one", "three", "one", "two"):
        assert len(graph.calls(project.root / f"{name}.py", CALLED)) == 2
    assert report.reads == reads


def places_in(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value stands in nested dictionaries and lists."""
    yield path
    entries = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in entries:
        yield from places_in(value, (*path, key))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([1 << 70, 0.5, "", "F:0", "TopLevel", "\0", "\udcff", "../x", "9:9-9:9", "FormatString"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["Class", "Function", "Resolved", "FileSystem", "class_id"]), inner, max_size=2
        )
    ),
    max_leaves=4,
)


@given(data=st.data())
def test_whatever_stands_in_a_report_is_answered_or_told(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = project_of(Path(folder) / "project", {"one.py": "", "two.py": ""})
        files = copy.deepcopy(report_of(["one", "two"], project.root))
        for _ in range(data.draw(st.integers(1, 3))):
            name = data.draw(st.sampled_from(sorted(files)))
            if isinstance(files[name], bytes) or data.draw(st.integers(0, 4)) == 0:
                text = files[name] if isinstance(files[name], bytes) else json.dumps(files[name]).encode()
                files[name] = text[: data.draw(st.integers(0, len(text)))]
                continue
            *outer, last = data.draw(st.sampled_from([place for place in places_in(files[name]) if place]))
            content = files[name]
            for key in outer:
                content = content[key]
            content[last] = data.draw(VALUES)
        write(Path(folder) / "report", files)
        with contextlib.suppress(EngineError):
            ask_everything(project, graph_of(project, Report(Path(folder) / "report", "1.4.1")))


def ask_everything(project: Project, graph: ReportedCallGraph) -> None:
    """Ask of every file what the report may speak of, and look at every answer."""
    paths = [file.path for file in project.files]
    for path in paths:
        for span in (CALLED, Span(6, 0, 6, 3)):
            for ask in (graph.calls, graph.implicit, graph.properties):
                assert all(target.path in paths and target.line >= 0 for target in ask(path, span))
            assert all(isinstance(name, str) for name in graph.constructs(path, span))
