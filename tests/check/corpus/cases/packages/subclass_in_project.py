# The project subclasses a class of an installed package, whose method calls back into the project.
#: file .venv/lib/{python}/site-packages/pipeliner/__init__.py
class Step:
    name = "step"

    def run(self, text: str) -> str:
        return self.finish(self.process(text))

    def process(self, text: str) -> str:
        raise NotImplementedError

    def finish(self, text: str) -> str:
        return text.strip()
#: file .venv/lib/{python}/site-packages/pipeliner-0.3.dist-info/METADATA
#| Metadata-Version: 2.1
#| Name: pipeliner
#| Version: 0.3
#: file .venv/lib/{python}/site-packages/pipeliner-0.3.dist-info/RECORD
#| pipeliner/__init__.py,,
#| pipeliner-0.3.dist-info/METADATA,,
#| pipeliner-0.3.dist-info/RECORD,,
#: file main.py
import requests
from fastapi import FastAPI
from pipeliner import Step

app = FastAPI()


class Translate(Step):
    def process(self, text: str) -> str:
        return requests.post("https://translate.example.org", data=text, timeout=9).text


class Upper(Step):
    def process(self, text: str) -> str:
        return text.upper()


@app.post("/translate")
async def translate(text: str) -> str:  #: endpoint POST /translate blocks requests.post=error
    return Translate().run(text)


@app.post("/upper")
async def upper(text: str) -> str:  #: endpoint POST /upper clean
    return Upper().run(text)
