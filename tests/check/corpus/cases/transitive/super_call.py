# The override itself is harmless; `super()` leads to the method that blocks.
import smtplib

from fastapi import FastAPI

app = FastAPI()


class Mailer:
    def deliver(self, to: str, text: str) -> None:
        with smtplib.SMTP("mail.example.org") as server:
            server.sendmail("no-reply@example.org", to, text)


class SignedMailer(Mailer):
    def deliver(self, to: str, text: str) -> None:
        super().deliver(to, f"{text}\n-- \nThe team")


@app.post("/invitations")
async def invite(to: str) -> None:  #: endpoint POST /invitations blocks smtplib.SMTP smtplib.SMTP.sendmail …
    SignedMailer().deliver(to, "Join us")
