"""The dashboard, the alerts and the documentation speak of metrics that exist, and Prometheus reads what is there."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families as read_text

from clearway.console.hub import Hub
from clearway.console.metrics import HubMetrics
from clearway.frames import Header, Pool
from tests.console.conftest import Start
from tests.console.told import ORIGIN, Told, Worker, loss
from tests.programs import program
from tests.served import PATIENCE_S, until

DOCS = Path(__file__).parents[2] / "docs"
RULES = DOCS / "grafana" / "alerts.yml"
DASHBOARD: dict[str, Any] = json.loads((DOCS / "grafana" / "clearway.json").read_text())
NAME = re.compile(r"\bclearway_[a-z_]+")
OF_SCRAPES = {"job", "instance"}
VERSIONS = {"python": "3.11", "fastapi": "1", "starlette": "1", "uvicorn": "1"}


@pytest.fixture
def hub() -> Hub:
    """One that has been told something of everything."""
    hub = Hub(Told())
    worker = Worker(hub, 1)
    hub.take(Header(1, ORIGIN, "app", VERSIONS, 20.0))
    contained = {"waits": 1, "seconds": 0.1}
    row = {"route": "GET /bad", "requests": 1, "refused": 1, "withdrawn": 1, "contained": contained}
    lane = {"limit": 4, "live": 3, "busy": 2, "queued": 7}
    worker.tell(routes=["GET /bad"], pool=Pool(512, 4, 1, 2, 0.5, 1.1), table={"routes": [row], "processes": lane})
    worker.serve(3)
    worker.stall()
    worker.tell(losses=[loss()], pool=Pool(512, 4, 1, 2, 0.5, 1.1))
    return hub


@pytest.fixture
def text(hub: Hub) -> str:
    return HubMetrics(hub).text("")[0].decode()


def labels_by_name(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for family in read_text(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def panels() -> Iterator[tuple[str, str]]:
    """(title, query) of everything that the dashboard shows."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def expressions() -> list[str]:
    rules = re.findall(r"expr: (?:>-\n)?((?:.+\n)+?)(?= +(?:for|labels):)", RULES.read_text())
    assert len(rules) == RULES.read_text().count("alert:")
    return [*rules, *(query for _, query in panels())]


def runnable(query: str) -> str:
    """A panel's query with Grafana's variables filled in."""
    for variable, stands_for in (("$__rate_interval", "30s"), ("$__range", "5m")):
        query = query.replace(variable, stands_for)
    return re.sub(r"\$\w+", ".*", query)


def test_every_query_asks_for_metrics_and_labels_that_exist(text: str) -> None:
    known = labels_by_name(text)
    variables = [variable.get("definition", "") for variable in DASHBOARD["templating"]["list"]]
    assert len(expressions()) > 30
    for query in [*expressions(), *variables]:
        names = NAME.findall(query)
        assert names or not query
        for name, selector in re.findall(r"(clearway_[a-z_]+)(?:\{(.*?)\})?", query):
            assert name in known, f"{name} of {query}"
            asked = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector))
            assert asked <= known[name] | OF_SCRAPES, query
        for group in re.findall(r"\bby \((.*?)\)", query):
            assert set(group.split(", ")) <= set().union(*(known[name] for name in names)) | OF_SCRAPES, query


def test_the_documentation_lists_every_metric_with_its_labels(text: str) -> None:
    told = re.findall(r"^\| `(clearway_[a-z_]+)`(?: ᵗ)? \| (.*?) \|", (DOCS / "metrics.md").read_text(), re.MULTILINE)
    documented = {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in told}
    assert len(documented) == len(told)
    served: dict[str, set[str]] = {}
    for name, labels in labels_by_name(text).items():
        family = re.sub(r"(?<=_seconds)_(bucket|count|sum)$", "", name)
        served.setdefault(family, set()).update(labels - {"le"})
    assert documented == served


def test_the_documentation_lists_every_instrument_of_opentelemetry() -> None:
    import clearway.runtime.telemetry.instruments as instruments

    made = set(re.findall(r'"(clearway\.[a-z.]+[a-z])",', Path(instruments.__file__).read_text()))
    section = (DOCS / "metrics.md").read_text().partition("### Metrics")[2]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    assert made == set(re.findall(r"`(clearway\.[a-z.]+)`", " ".join(rows)))


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    assert {"title", "uid", "schemaVersion", "panels", "templating"} <= DASHBOARD.keys()
    shown = DASHBOARD["panels"]
    assert len({panel["id"] for panel in shown}) == len(shown)
    assert {panel["title"] for panel in shown if panel["type"] == "row"} >= {"Routes", "Stalls", "Pool", "Workers"}
    variables = {variable["name"] for variable in DASHBOARD["templating"]["list"]}
    taken: set[tuple[int, int]] = set()
    for panel in shown:
        place = panel["gridPos"]
        columns, lines = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        cells = {(x, y) for x in columns for y in lines}
        assert not cells & taken, f"{panel['title']} covers another panel"
        assert max(x for x, _ in cells) < 24
        taken |= cells
        for name in re.findall(r"\$(?:\{(\w+)\}|(?!__)(\w+))", json.dumps(panel)):
            assert set(name) & variables


def test_prometheus_accepts_rules_and_queries(tmp_path: Path) -> None:
    promtool = program("promtool", package="prometheus")
    checked = subprocess.run([promtool, "check", "rules", str(RULES)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "8 rules found" in checked.stdout
    recorded = [{"record": f"panel_{number}", "expr": runnable(query)} for number, (_, query) in enumerate(panels())]
    queries = tmp_path / "queries.yml"  # JSON is YAML
    queries.write_text(json.dumps({"groups": [{"name": "panels", "rules": recorded}]}))
    checked = subprocess.run([promtool, "check", "rules", str(queries)], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_prometheus_finds_nothing_to_say_against_the_metrics(text: str) -> None:
    promtool = program("promtool", package="prometheus")
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


CONFIG = """
scrape_configs:
  - job_name: shop
    scrape_interval: 200ms
    scrape_timeout: 200ms
    authorization: {{credentials: secret}}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
rule_files: ["{rules}"]
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Callable[[int], httpx.Client]]:
    """`prometheus(port)`: a Prometheus that scrapes a console every 200 ms, and how to ask it."""
    started: list[tuple[subprocess.Popen[bytes], httpx.Client]] = []

    def start(console: int) -> httpx.Client:
        server = program("prometheus", package="prometheus")
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        config = tmp_path / "prometheus.yml"
        config.write_text(CONFIG.format(port=console, rules=RULES))
        options = [f"--config.file={config}", f"--storage.tsdb.path={tmp_path / 'data'}"]
        options.append(f"--web.listen-address=127.0.0.1:{port}")
        with (tmp_path / "log").open("wb") as log:
            process = subprocess.Popen([server, *options], stdout=log, stderr=log, cwd=tmp_path)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, verify=False, timeout=PATIENCE_S)
        started.append((process, client))
        until(lambda: process.poll() is not None or _is_ready(client), "Prometheus")
        assert process.poll() is None, (tmp_path / "log").read_text()
        return client

    yield start
    for process, client in started:
        client.close()
        process.terminate()
        process.wait(PATIENCE_S)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/-/ready").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.once
def test_a_real_prometheus_scrapes_and_answers_every_query(
    start: Start, hub: Hub, prometheus: Callable[[int], httpx.Client]
) -> None:
    console = start(hub=hub, token="secret")
    client = prometheus(console.port)

    def ask(query: str) -> list[dict[str, Any]]:
        answer = client.get("/api/v1/query", params={"query": query}).json()
        assert answer["status"] == "success", (query, answer)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    (told,) = until(lambda: ask('clearway_requests_total{route="GET /bad"}') or None, "a scrape")
    assert told["metric"]["job"] == "shop"
    assert told["value"][1] == "3"
    assert ask('up{job="shop"}')[0]["value"][1] == "1"
    until(lambda: ask("rate(clearway_requests_total[30s])"), "a second scrape")
    for title, query in panels():
        assert ask(runnable(query)) or "/" in query or "histogram" in query, f"{title} shows nothing: {query}"
    rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
    assert len(rules) == 8
