# Mail and file transfer clients of the standard library.
import ftplib
import imaplib
import smtplib
from email.message import EmailMessage

from fastapi import FastAPI

app = FastAPI()


@app.post("/mail")
async def mail(to: str) -> None:  #: endpoint POST /mail blocks smtplib.SMTP_SSL SMTP_SSL.send_message|SMTP.send_message …
    message = EmailMessage()
    message["To"] = to
    message.set_content("hello")
    with smtplib.SMTP_SSL("mail.example.org") as server:
        server.login("us", "secret")
        server.send_message(message)


@app.get("/inbox")
async def inbox() -> int:  #: endpoint GET /inbox blocks imaplib.IMAP4_SSL …
    server = imaplib.IMAP4_SSL("mail.example.org")
    server.login("us", "secret")
    return len(server.search(None, "UNSEEN")[1])


@app.get("/files")
async def files() -> list[str]:  #: endpoint GET /files blocks ftplib.FTP …
    return ftplib.FTP("ftp.example.org").nlst()
