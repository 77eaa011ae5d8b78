"""Streams, files and uploads arrive as without Clearway, their steps in a thread."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

from fastapi import Depends, FastAPI, File, UploadFile
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel
from starlette.staticfiles import StaticFiles

import clearway
from tests.runtime.serving import AnyApp, Fit, Server, ask, calls_of, here


class Row(BaseModel):
    number: int
    ran: str


def test_a_sync_stream_is_stepped_in_threads(fit: Fit) -> None:
    app = FastAPI()
    closed: list[str] = []

    def chunks() -> Iterator[str]:
        try:
            for number in range(3):
                yield f"{number} {here()}\n"
        finally:
            closed.append(here())

    @app.get("/")
    async def read() -> StreamingResponse:
        return StreamingResponse(chunks(), headers={"x-own": "kept"})

    runtime = fit(app)
    response = ask(app, "/")
    assert response.text == "".join(f"{number} {fit.thread}\n" for number in range(3))
    assert response.headers["x-own"] == "kept"
    assert closed == [fit.thread]
    if runtime:
        assert ("_next", "stream", "thread") in calls_of(runtime)


def test_a_generator_endpoint_with_a_response_class(fit: Fit) -> None:
    app = FastAPI()

    @app.get("/sync", response_class=StreamingResponse)
    def sync() -> Iterator[str]:
        yield here()

    @app.get("/async", response_class=StreamingResponse)
    async def native() -> AsyncIterator[str]:
        yield here()

    fit(app)
    assert ask(app, "/sync").text == fit.thread
    assert ask(app, "/async").text == "loop"


def test_json_lines(fit: Fit) -> None:
    app = FastAPI()

    def start() -> int:
        return 5

    @app.get("/sync")
    def sync(start: int = Depends(start)) -> Iterator[Row]:
        for number in range(start, start + 3):
            yield Row(number=number, ran=here())

    @app.get("/async")
    async def native() -> AsyncIterator[Row]:
        yield Row(number=1, ran=here())

    fit(app)
    response = ask(app, "/sync")
    assert response.headers["content-type"] == "application/jsonl"
    lines = [Row.model_validate_json(line) for line in response.text.splitlines()]
    assert lines == [Row(number=number, ran=fit.thread) for number in (5, 6, 7)]
    assert Row.model_validate_json(ask(app, "/async").text).ran == "loop"


def test_server_sent_events(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()

    @app.get("/sync", response_class=EventSourceResponse)
    def sync() -> Iterator[ServerSentEvent]:
        yield ServerSentEvent(data=here(), event="one")
        yield ServerSentEvent(data=here(), id="2")

    @app.get("/async", response_class=EventSourceResponse)
    async def native() -> AsyncIterator[Row]:
        yield Row(number=1, ran=here())

    fit(app)
    server = serve(app)
    response = server.ask("/sync")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text == f'event: one\ndata: "{fit.thread}"\n\ndata: "{fit.thread}"\nid: 2\n\n'
    assert server.ask("/async").text == 'data: {"number":1,"ran":"loop"}\n\n'


def test_a_stream_pinned_to_the_loop_has_its_steps_there(fit: Fit) -> None:
    app = FastAPI()

    @app.get("/", response_class=StreamingResponse)
    @clearway.loop
    def read() -> Iterator[str]:
        for number in range(2):
            yield f"{number} {here()}\n"

    fit(app)
    where = fit.planned("loop")
    assert ask(app, "/").text == f"0 {where}\n1 {where}\n"


def test_an_error_in_the_middle_of_a_stream_ends_the_connection(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()

    def chunks() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError("in the middle")

    @app.get("/")
    def read() -> StreamingResponse:
        return StreamingResponse(chunks())

    @app.get("/fine")
    def fine() -> str:
        return "fine"

    fit(app)
    server = serve(app)
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        received = b""
        while piece := connection.recv(65536):
            received += piece
    assert b"begun" in received
    assert not received.endswith(b"0\r\n\r\n")
    assert server.ask("/fine").json() == "fine"


def test_files(fit: Fit, serve: Callable[[AnyApp], Server], tmp_path: Path) -> None:
    content = bytes(range(256)) * 1024
    (tmp_path / "data.bin").write_bytes(content)
    app = FastAPI()

    @app.get("/file")
    def file() -> FileResponse:
        return FileResponse(tmp_path / "data.bin")

    app.mount("/static", StaticFiles(directory=tmp_path))
    runtime = fit(app)
    server = serve(app)
    assert server.ask("/file").content == content
    assert server.ask("/file", headers={"range": "bytes=10-19"}).content == content[10:20]
    response = server.ask("/static/data.bin")
    assert response.content == content
    assert server.ask("/static/data.bin", headers={"if-none-match": response.headers["etag"]}).status_code == 304
    assert server.ask("/static/none").status_code == 404
    if runtime:
        assert "file" in {kind for _, kind, _ in calls_of(runtime)}


def test_uploads(fit: Fit, serve: Callable[[AnyApp], Server]) -> None:
    app = FastAPI()

    @app.post("/sync")
    def sync(file: UploadFile) -> list[object]:
        data = file.file.read()
        return [file.filename, len(data), sum(data), here()]

    @app.post("/async")
    async def native(file: UploadFile, small: bytes = File()) -> list[object]:
        first = await file.read(10)
        await file.seek(0)
        return [file.filename, len(await file.read()), first.decode(), small.decode(), here()]

    fit(app)
    server = serve(app)
    big = b"abcdefghij" * 200_000  # past what is kept in memory
    response = server.ask("/sync", "POST", files={"file": ("big.bin", big)})
    assert response.json() == ["big.bin", len(big), sum(big), fit.thread]
    response = server.ask("/async", "POST", files={"file": ("big.bin", big), "small": b"tiny"})
    assert response.json() == ["big.bin", len(big), "abcdefghij", "tiny", "loop"]
