# Logging through a queue, with extra fields and lazily made messages.
import logging
import logging.handlers
import queue

from fastapi import FastAPI, Request

app = FastAPI()
records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
logger = logging.getLogger("service")
logger.addHandler(logging.handlers.QueueHandler(records))


@app.middleware("http")
async def log(request: Request, call_next):  #: middleware clean
    response = await call_next(request)
    logger.info("%s %s", request.method, request.url.path, extra={"status": response.status_code})
    return response


@app.get("/")
async def index() -> str:  #: endpoint GET / clean
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug("index")
    try:
        return str(1 // 1)
    except ZeroDivisionError:
        logger.exception("impossible")
        raise
