# Sending to an actor writes to its broker, whichever way the actor was made; making a message writes nothing.
from collections.abc import Callable
from typing import Annotated

import dramatiq
from fastapi import Depends, FastAPI

app = FastAPI()


class Job:
    __name__ = "job"

    def __call__(self, *given: int) -> None:
        pass


on_call = dramatiq.actor(Job())


@dramatiq.actor
def on_order(number: int) -> None:
    pass


@dramatiq.actor(max_retries=3)
def on_bill(number: int) -> None:
    pass


def send_task(task: dramatiq.Actor, *given: int) -> None:
    task.send(*given)


async def get_sender() -> Callable[..., None]:  #: dependency clean
    return send_task


Send = Annotated[Callable[..., None], Depends(get_sender)]


@app.get("/order")
async def order() -> None:  #: endpoint GET /order blocks dramatiq.Actor.send=error
    on_order.send(1)


@app.get("/bill")
async def bill() -> None:  #: endpoint GET /bill blocks dramatiq.Actor.send_with_options=error
    on_bill.send_with_options(args=(1,), delay=10)


@app.get("/handed")
async def handed(send: Send) -> None:  #: endpoint GET /handed blocks dramatiq.Actor.send=error
    send(on_order, 1)


@app.get("/object")
async def an_object(send: Send) -> None:  #: endpoint GET /object blocks dramatiq.Actor.send=error
    send(on_call, 1)


@app.get("/thread")
def in_a_thread() -> None:  #: endpoint GET /thread clean
    on_order.send(1)


@app.get("/message")
async def message() -> None:  #: endpoint GET /message clean
    on_order.message(1)
