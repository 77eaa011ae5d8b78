"""A call in the process lane means what it means in a thread: arguments, results, errors, output, logs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.runtime.process.conftest import processes_of, snapshot_of
from tests.served import Served, until


@pytest.fixture(scope="module")
def service(service_of: Callable[..., Served]) -> Served:
    return service_of("--processes", "1")


def _pid(service: Served) -> int:
    (pid,) = processes_of(service)["pids"]
    assert isinstance(pid, int)
    return pid


def _in_errors(service: Served, pattern: str) -> re.Match[str]:
    def found() -> re.Match[str] | None:
        return next((match for line in list(service.err) if (match := re.search(pattern, line))), None)

    return until(found, f"{pattern!r} in {service.err[-20:]}")


def test_calls_run_in_a_worker_that_was_ready_before_the_first(service: Served) -> None:
    waiting = _pid(service)
    assert processes_of(service)["busy"] == 0
    assert service.get("/pid").json() == waiting != service.process.pid
    assert service.get("/here").json() == service.process.pid


def test_the_plan_says_process(service: Served) -> None:
    assert service.line(r"GET /pid +process +pinned by @clearway.process")
    rows = {row["route"]: row["lane"] for row in snapshot_of(service)["routes"]}
    assert (rows["GET /pid"], rows["GET /here"]) == ("process", "loop")


def test_models_travel_and_the_response_model_filters(service: Served) -> None:
    answer = httpx.post(service.url + "/order", json={"item": "tea", "count": 2, "secret": "s"}, timeout=20)
    assert answer.json() == {"item": "tea", "count": 9}
    refused = httpx.post(service.url + "/order", json={"count": "many"}, timeout=20)
    assert refused.status_code == 422


def test_a_dataclass_comes_back(service: Served) -> None:
    assert service.get("/point?x=3").json() == {"x": 3, "y": _pid(service)}


@pytest.mark.parametrize("how", ["positional", "keywords"])
def test_an_http_exception_is_answered_as_raised(service: Served, how: str) -> None:
    answer = service.get(f"/fail/{how}")
    assert (answer.status_code, answer.headers["x-pot"]) == (418, "tea")
    assert answer.json()["detail"] == ("short and stout" if how == "positional" else {"short": "stout"})


def test_the_app_s_own_exception_reaches_its_handler_here(service: Served) -> None:
    answer = service.get("/fail/own")
    assert (answer.status_code, answer.json()) == (409, {"item": "tea", "left": 0, "handled_in": service.process.pid})


def test_a_fault_is_logged_with_the_worker_s_line(service: Served) -> None:
    assert service.get("/fail/other").status_code == 500
    _in_errors(service, r"service\.py\", line \d+, in fail")
    _in_errors(service, "RuntimeError: a fault of the user's")


def test_an_exit_ends_the_call_and_not_the_server(service: Served) -> None:
    before = _pid(service)
    assert service.get("/fail/exit").status_code == 500
    assert service.get("/pid").json() == before


def test_output_goes_to_the_standard_error_of_the_server(service: Served) -> None:
    assert service.get("/noise").json() == "fine"
    for text in ("printed by a worker", "written to descriptor 1", "said by a child"):
        _in_errors(service, f"^{text}$")
    assert not [line for line in service.out if "worker" in line or "descriptor" in line]
    assert service.get("/pid").status_code == 200


def test_log_records_reach_the_handlers_of_the_parent_in_the_request_s_context(service: Served) -> None:
    assert service.get("/log", headers={"x-request-id": "r-17"}).status_code == 200
    _in_errors(service, r"^WARNING\|service\.work\|r-17\|counted 3 of 4$")
    _in_errors(service, r"^ERROR\|service\.work\|r-17\|went wrong$")
    _in_errors(service, "^ZeroDivisionError: division by zero$")
    assert not [line for line in service.err if "too low" in line]
    assert sum("counted 3 of 4" in line for line in service.err) == 1


def test_dependencies_run_where_they_are(service: Served) -> None:
    thread, process, endpoint = service.get("/dependencies").json()
    assert (thread, process, endpoint) == (service.process.pid, _pid(service), _pid(service))


def test_a_value_that_cannot_travel_is_named_in_one_line(service: Served) -> None:
    before = len(service.err)
    assert service.get("/untold").status_code == 500
    _in_errors(service, r"GET /untold: .*service:untold: parameter 'db', a lock, cannot be sent to another process: .*")
    assert service.err[-1].endswith("; send plain values, or use the thread lane")
    assert len(service.err) == before + 1


def test_a_result_that_cannot_travel_is_named_in_one_line(service: Served) -> None:
    before = len(service.err)
    assert service.get("/lock").status_code == 500
    _in_errors(service, r"GET /lock: .*service:lock: its result, a lock, cannot be sent back: .*")
    assert service.err[-1].endswith("; send plain values, or use the thread lane")
    assert len(service.err) == before + 1


def test_a_response_made_by_a_worker_is_sent(service: Served) -> None:
    answer = service.get("/response")
    assert (answer.status_code, answer.text) == (202, f"made by {_pid(service)}")
    assert answer.headers["x-made"] == "elsewhere"


def test_a_background_task_may_run_in_a_worker(service: Served, tmp_path: Path) -> None:
    path = tmp_path / "pid"
    assert service.get(f"/later?path={path}").status_code == 200
    assert until(lambda: path.exists() and path.read_text(), "the task") == str(_pid(service))


def test_much_travels_too(service: Served) -> None:
    body = {"text": "x" * 5_000_000}
    assert httpx.post(service.url + "/echo", json=body, timeout=20).json() == body


def test_offload_goes_to_the_lane_it_names(service: Served) -> None:
    here = service.process.pid
    assert service.get("/offload").json() == [here, here, _pid(service)]


def test_times_are_recorded_as_for_a_thread(service: Served) -> None:
    service.get("/sleep?seconds=0.05")
    row = next(row for row in snapshot_of(service)["routes"] if row["route"] == "GET /sleep")
    assert row["run_ms"]["max"] >= 50
    parts = sum(row[f"{part}_ms"]["max"] for part in ("wait", "run", "return_wait", "framework"))
    assert parts == pytest.approx(row["latency_ms"]["max"], abs=0.01)
    assert processes_of(service)["serialise_ms"]["p50"] > 0
    assert snapshot_of(service)["faults"] == 0
