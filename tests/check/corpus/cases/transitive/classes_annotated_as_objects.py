# The same object, made by the class that is the default of a parameter annotated as an object, is run.
import time

from fastapi import FastAPI

app = FastAPI()


class Layer:
    def __call__(self, x):
        time.sleep(1)
        return x


class Linear(Layer):
    def __init__(self, size):
        self.size = size


class Block:
    def __init__(self, size, layer: Layer = Linear):
        self.layer = layer(size)


@app.get("/run")
async def run():  #: endpoint GET /run blocks time.sleep=error
    return Block(4).layer(1)
