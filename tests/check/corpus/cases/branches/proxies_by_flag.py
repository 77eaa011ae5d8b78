# A proxy is stored only where a flag is set; the methods are called directly only where it is not.
import time

from fastapi import FastAPI

app = FastAPI()


class Proxy:
    def run(self):
        time.sleep(1)


class Local:
    def run(self):
        return 1


class Store:
    def __init__(self, apart: bool = False):
        self.apart = apart
        self.proxy = None
        if apart:
            self.proxy = Proxy()
        self.worker = Proxy() if self.apart else Local()

    def run(self):
        if self.proxy is not None:
            self.proxy.run()
        return self.worker.run()

    def close(self):
        if not self.apart:
            return None
        return self.proxy.run()


class Service:
    def __init__(self, store: Store):
        self.store = store

    def run(self):
        return self.store.run()


@app.get("/near")
async def near():  #: endpoint clean
    store = Store()
    return store.run(), store.close(), Service(Store(apart=False)).run()


@app.get("/apart")
async def apart():  #: endpoint blocks time.sleep
    return Service(Store(apart=True)).run()  #! CW102 error


@app.get("/closed")
async def closed():  #: endpoint blocks time.sleep
    return Store(True).close()  #! CW102 error


@app.get("/asked")
async def asked(where: bool):  #: endpoint blocks time.sleep
    return Store(where).close()  #! CW102 error
