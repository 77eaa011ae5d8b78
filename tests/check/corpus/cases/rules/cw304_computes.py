# Work of the processor belongs in processes, on the loop as in threads; waiting does not.
import time

import numpy as np
from fastapi import FastAPI
from sklearn.ensemble import RandomForestClassifier

app = FastAPI()
forest = RandomForestClassifier()


@app.post("/loop")
async def on_loop(x: list[list[float]]) -> float:  #: endpoint POST /loop blocks  #! CW304 advice
    return float(np.linalg.det(np.linalg.inv(np.array(x))))


@app.post("/thread")
def in_thread(x: list[list[float]], y: list[int]) -> None:  #: endpoint POST /thread clean  #! CW304 advice
    forest.fit(x, y)


@app.get("/waits")
def waits() -> None:  #: endpoint GET /waits clean
    time.sleep(1)
