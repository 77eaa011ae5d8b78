# A parameter that is annotated as an object, but has a class by default: calling it makes an object and runs none.
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


@app.get("/made")
async def made():  #: endpoint GET /made clean
    return Block(4).layer.size
