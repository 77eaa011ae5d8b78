# A lazy proxy makes the client when it is first asked for anything.
import boto3
from fastapi import FastAPI

app = FastAPI()


class Lazy:
    def __init__(self) -> None:
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = boto3.client("sqs")
        return self._client

    def send(self, text: str) -> str:
        return self.client.send_message(QueueUrl="jobs", MessageBody=text)["MessageId"]

    def name(self) -> str:
        return "jobs"


jobs = Lazy()


@app.post("/jobs")
async def send(text: str) -> str:  #: endpoint POST /jobs blocks
    return jobs.send(text)


@app.get("/jobs")
async def name() -> str:  #: endpoint GET /jobs clean
    return jobs.name()
