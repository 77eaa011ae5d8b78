# A factory annotated with an abstract class gives the one subclass that the project has.
#: file mail/__init__.py
#: file mail/base.py
from abc import ABC, abstractmethod


class Sender(ABC):
    @abstractmethod
    async def send(self, to: str) -> None: ...

    @abstractmethod
    def preview(self, to: str) -> str: ...
#: file mail/smtp.py
import smtplib

from mail.base import Sender


class SmtpSender(Sender):
    async def send(self, to: str) -> None:
        with smtplib.SMTP("localhost") as server:
            server.sendmail("us", to, self.preview(to))

    def preview(self, to: str) -> str:
        return f"To: {to}\n\nhello"
#: file mail/factory.py
from mail.base import Sender


def create() -> Sender:
    from mail.smtp import SmtpSender

    return SmtpSender()
#: file mail/main.py
from fastapi import FastAPI

from mail.base import Sender
from mail.factory import create

app = FastAPI()
sender: Sender = create()


@app.post("/mails/{to}")
async def send(to: str) -> None:  #: endpoint POST /mails/{to} blocks smtplib.SMTP SMTP.sendmail …
    await sender.send(to)


@app.get("/mails/{to}")
async def preview(to: str) -> str:  #: endpoint GET /mails/{to} clean
    return sender.preview(to)
