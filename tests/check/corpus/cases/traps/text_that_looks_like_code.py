# Sinks in strings, comments and docstrings.
from fastapi import FastAPI

app = FastAPI()
EXAMPLE = """
import time
time.sleep(1)
"""


@app.get("/help")
async def help_page() -> str:  #: endpoint GET /help clean
    """Do not call `requests.get(url)` here; `time.sleep(1)` neither."""
    # time.sleep(1)
    return EXAMPLE + "open('file').read()" + f"{'subprocess.run'}(['ls'])"
