# Celery tasks and a command line live in the same package: workers and terminals may wait.
#: file app/__init__.py
#: file app/worker.py
import time

from celery import Celery

celery = Celery("worker")


@celery.task
def resize(name: str) -> str:
    time.sleep(10)
    return name


@celery.task(bind=True, max_retries=3)
def publish(self, name: str) -> None:
    time.sleep(10)
#: file app/command.py
import time

import typer

cli = typer.Typer()


@cli.command()
def migrate(wait: float = 1.0) -> None:
    time.sleep(wait)
#: file app/main.py
from fastapi import FastAPI

from app.worker import celery

app = FastAPI()


@app.get("/name")
async def name() -> str:  #: endpoint GET /name clean
    return celery.__class__.__name__
