"""A data file is read strictly: every slip is an error that says where it stands."""

from __future__ import annotations

import pytest

from clearway.check.sinks import Offload, Returned, Schedule, Unless
from clearway.check.sinks.reader import files_by_root, read_family
from clearway.check.sinks.returned import parse_returned
from clearway.model import Lane, Severity, SinkKind

START = 'family = "pkg"\npackages = ["pkg"]\n'
SINK = START + '[[sink]]\nnames = ["pkg.get"]\nkind = "network"\nfix = "Await it."\n'


def test_a_sink_has_the_usual_severity_of_its_kind_unless_it_says_another() -> None:
    family = read_family("x.toml", SINK)
    assert family.sinks["pkg.get"].severity is Severity.ERROR
    family = read_family("x.toml", SINK.replace('"network"', '"file"'))
    assert family.sinks["pkg.get"].severity is Severity.WARNING
    family = read_family("x.toml", SINK + 'severity = "advice"\n')
    assert family.sinks["pkg.get"].severity is Severity.ADVICE


def test_names_can_stand_below_several_owners() -> None:
    text = START + '[[sink]]\nof = ["pkg.A", "pkg.B"]\nnames = ["get", "put"]\nkind = "lock"\nfix = "Await it."\n'
    family = read_family("x.toml", text)
    assert sorted(family.sinks) == ["pkg.A.get", "pkg.A.put", "pkg.B.get", "pkg.B.put"]
    assert {"pkg.A", "pkg.B"} <= family.classes


def test_every_method_of_a_class_with_exceptions() -> None:
    family = read_family("x.toml", SINK.replace("pkg.get", "pkg.Client.*") + 'except = ["close"]\n')
    assert family.every["pkg.Client"].excepted == {"close"}
    assert family.every["pkg.Client"].entry.kind is SinkKind.NETWORK


def test_a_condition_has_a_constant_or_a_class() -> None:
    text = (
        SINK
        + 'unless = [{ keyword = "timeout", position = 1, value = 0 }, { keyword = "f", instance = "io.BytesIO" }]\n'
    )
    assert read_family("x.toml", text).sinks["pkg.get"].unless == (
        Unless("timeout", 1, 0),
        Unless("f", None, None, "io.BytesIO"),
    )
    text = SINK + 'unless = [{ keyword = "interval", value = "None" }]\n'
    assert read_family("x.toml", text).sinks["pkg.get"].unless == (Unless("interval", None, None),)


def test_offloaders_and_schedulers() -> None:
    family = read_family(
        "x.toml",
        START
        + '[[offload]]\nnames = ["pkg.run"]\nposition = 1\nkeyword = "fn"\nlane = "process"\nwraps = true\n'
        + '[[schedule]]\nnames = ["pkg.gather"]\nwhat = "coroutine"\nmany = true\n',
    )
    assert family.offloads["pkg.run"] == Offload(1, "fn", Lane.PROCESS, wraps=True)
    assert family.schedules["pkg.gather"] == Schedule("coroutine", 0, None, many=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("family = 1", "'family' must be a str"),
        ('family = "pkg"', "no 'packages'"),
        (START + "colour = 1", "unknown keys 'colour'"),
        (SINK + "colour = 1", "unknown keys 'colour'"),
        (SINK.replace('kind = "network"\n', ""), "no 'kind'"),
        (SINK.replace('"network"', '"weather"'), "'weather' is not a valid SinkKind"),
        (SINK + 'severity = "fatal"', "'fatal' is not a valid Severity"),
        (SINK.replace('fix = "Await it."\n', ""), "nothing says how to fix it"),
        (SINK.replace("pkg.get", "other.get"), "'other.get' is not below the file's packages"),
        (SINK.replace("pkg.get", "pkg..get"), "'pkg..get' is no dotted name"),
        (SINK.replace("pkg.get", "pkg.*.get"), "'*' stands only at the end"),
        (SINK.replace('["pkg.get"]', '["pkg.get", "pkg.get"]'), "stands there twice"),
        (SINK.replace('["pkg.get"]', "[]"), "without names"),
        (SINK + 'except = ["a"]', "has exceptions but is one name"),
        (SINK + 'unless = [{ keyword = "a" }]', "needs a value or an instance"),
        (SINK + 'unless = [{ keyword = "a", value = 1, instance = "io.BytesIO" }]', "and not both"),
        (SINK + 'unless = [{ keyword = "a", value = 1, when = 2 }]', "unknown keys 'when'"),
        (START + '[returns]\n"pkg.get" = "nothing"', "does not say what is returned"),
        (START + '[returns]\n"elsewhere.get" = "self"', "not below the file's packages"),
        (START + '[same]\n"pkg.a" = 3', "3 is no dotted name"),
        (START + '[[schedule]]\nnames = ["pkg.a"]\nwhat = "thing"', "unknown what 'thing'"),
        (START + '[[offload]]\nnames = ["pkg.a"]\nlane = "rail"', "'rail' is not a valid Lane"),
        (START + '[[offload]]\nnames = ["pkg.a", "pkg.a"]', "stands there twice"),
        ("family = ", "Invalid value"),
    ],
)
def test_a_slip_is_an_error_that_names_the_file(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^x\.toml: ") as caught:
        read_family("x.toml", text)
    assert message in str(caught.value)


def test_files_are_found_by_import_root() -> None:
    names = {path.stem for path in files_by_root()["google"]}
    assert {"google_cloud", "identity", "llm"} <= names
    assert "unheard_of" not in files_by_root()


@pytest.mark.parametrize(
    ("text", "returned"),
    [
        ("self", Returned("self")),
        ("opaque", Returned("opaque")),
        ("argument 2", Returned("argument", position=2)),
        ("a.B", Returned("instance", "a.B")),
        ("class a.B", Returned("class", "a.B")),
        ("iter[a.B]", Returned("iter", inner=Returned("instance", "a.B"))),
        ("await[enter[self]]", Returned("await", inner=Returned("enter", inner=Returned("self")))),
        ("call[argument 0]", Returned("call", inner=Returned("argument", position=0))),
    ],
)
def test_the_language_of_what_is_returned(text: str, returned: Returned) -> None:
    assert parse_returned(text) == returned


@pytest.mark.parametrize("text", ["", "B", "list[a.B]", "iter[]", "iter[a.B", "class B C", "argument", "a..B", "a.B "])
def test_what_is_not_of_the_language_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="does not say"):
        parse_returned(text)
