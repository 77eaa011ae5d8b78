# Background tasks of every form, each where it may be.
import asyncio
import smtplib

from fastapi import BackgroundTasks, Depends, FastAPI
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse

app = FastAPI()


def send(to: str, text: str = "") -> None:  #: background_task clean on thread
    smtplib.SMTP("localhost").sendmail("us", to, text)


async def note(text: str) -> None:  #: background_task clean
    await asyncio.sleep(1)


class Mailer:
    def deliver(self, to: str) -> None:  #: background_task clean on thread
        send(to)


mailer = Mailer()


def audit(tasks: BackgroundTasks) -> None:  #: dependency clean on thread
    tasks.add_task(note, "asked")


@app.post("/mails/{to}", dependencies=[Depends(audit)])
async def mail(to: str, tasks: BackgroundTasks) -> None:  #: endpoint POST /mails/{to} clean
    tasks.add_task(send, to, text="hello")
    tasks.add_task(mailer.deliver, to)


@app.post("/notes")
async def later(to: str) -> JSONResponse:  #: endpoint POST /notes clean
    return JSONResponse({}, background=BackgroundTask(send, to))
