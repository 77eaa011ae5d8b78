# Models are trained and asked on the loop.
import joblib
import torch
from fastapi import FastAPI
from sklearn.linear_model import LogisticRegression

app = FastAPI()
classifier = LogisticRegression()


@app.post("/train")
async def train(x: list[list[float]], y: list[int]) -> None:  #: endpoint POST /train blocks LogisticRegression.fit …
    classifier.fit(x, y)


@app.post("/load")
async def load_model(name: str) -> None:  #: endpoint POST /load blocks torch.load joblib.load …
    torch.load(f"{name}.pt")
    joblib.load(f"{name}.pkl")
