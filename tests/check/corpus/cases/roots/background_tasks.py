# An `async def` background task runs on the loop, a `def` one in a thread.
import smtplib

from fastapi import BackgroundTasks, FastAPI

app = FastAPI()


def send(to: str) -> None:  #: background_task clean on thread
    smtplib.SMTP("mail.example.org").sendmail("us@example.org", to, "hello")


async def send_on_loop(to: str) -> None:  #: background_task blocks smtplib.SMTP SMTP.sendmail
    smtplib.SMTP("mail.example.org").sendmail("us@example.org", to, "hello")


@app.post("/mails/{to}")
async def mail(to: str, tasks: BackgroundTasks) -> None:  #: endpoint POST /mails/{to} clean
    tasks.add_task(send, to)


@app.put("/mails/{to}")
async def mail_badly(to: str, tasks: BackgroundTasks) -> None:  #: endpoint PUT /mails/{to} clean
    tasks.add_task(send_on_loop, to)
