# CPU-bound libraries: data frames, linear algebra, images.
import numpy as np
import pandas as pd
from fastapi import FastAPI
from PIL import Image

app = FastAPI()


@app.get("/table/{name}")
async def table(name: str) -> int:  #: endpoint GET /table/{name} blocks pandas.read_csv …
    return len(pd.read_csv(f"{name}.csv"))


@app.post("/solve")
async def solve(size: int) -> float:  #: endpoint POST /solve blocks numpy.linalg.svd …
    return float(np.linalg.svd(np.ones((size, size)))[1][0])


@app.post("/thumbnails/{name}")
async def thumbnail(name: str) -> None:  #: endpoint POST /thumbnails/{name} blocks Image.save=warning …
    picture = Image.open(f"{name}.png")
    picture.thumbnail((128, 128))
    picture.save(f"{name}.thumb.png")
