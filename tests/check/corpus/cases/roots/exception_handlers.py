# Exception handlers by decorator, by `add_exception_handler` and in the dictionary.
import smtplib

import requests
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


class OutOfStock(Exception):
    pass


async def on_validation(request: Request, error: Exception) -> JSONResponse:  #: exception_handler blocks requests.post=error
    requests.post("https://errors.example.org", json={"error": str(error)}, timeout=1)
    return JSONResponse({}, status_code=422)


def on_out_of_stock(request: Request, error: Exception) -> JSONResponse:  #: exception_handler clean on thread
    requests.post("https://errors.example.org", json={"error": str(error)}, timeout=1)
    return JSONResponse({}, status_code=409)


app = FastAPI(exception_handlers={RequestValidationError: on_validation})
app.add_exception_handler(OutOfStock, on_out_of_stock)


@app.exception_handler(Exception)
async def on_anything(request: Request, error: Exception) -> JSONResponse:  #: exception_handler blocks smtplib.SMTP SMTP.sendmail
    smtplib.SMTP("localhost").sendmail("us", "ops", str(error))
    return JSONResponse({}, status_code=500)


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    raise OutOfStock
