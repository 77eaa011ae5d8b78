# MarkItDown's conversions, also through a class of the project that derives from it.
from fastapi import FastAPI
from markitdown import MarkItDown

app = FastAPI()


class Converter(MarkItDown):
    def name(self) -> str:
        return "converter"


@app.get("/url")
async def url(address: str) -> str:  #: endpoint blocks markitdown.MarkItDown.convert_url=error
    return Converter().convert_url(address).text_content


@app.get("/uri")
async def uri(address: str) -> str:  #: endpoint blocks markitdown.MarkItDown.convert_uri=error
    return MarkItDown().convert_uri(address).text_content


@app.get("/local")
async def local(path: str) -> str:  #: endpoint blocks markitdown.MarkItDown.convert_local=warning
    return Converter().convert_local(path).text_content


@app.get("/name")
async def name() -> str:  #: endpoint clean
    return Converter().name()
