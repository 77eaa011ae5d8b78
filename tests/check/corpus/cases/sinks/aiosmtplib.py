# Mail by aiosmtplib; building the message is work in memory.
from email.message import EmailMessage

import aiosmtplib
from fastapi import FastAPI

app = FastAPI()


def build(to: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = to
    message.set_content("hello")
    return message


@app.post("/mail")
async def mail(to: str) -> None:  #: endpoint POST /mail clean
    await aiosmtplib.send(build(to), hostname="mail.example.org", port=465, use_tls=True)
