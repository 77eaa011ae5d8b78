# What a method of Python's own calls back in the class of the project, and a namesake that the object may well have.
import ast
import time
from html.parser import HTMLParser

from fastapi import FastAPI

app = FastAPI()


class Slow(ast.NodeVisitor):
    def visit_Name(self, node):
        time.sleep(1)


class Links(HTMLParser):
    def handle_starttag(self, tag, attrs):
        time.sleep(1)


class Walk(ast.NodeVisitor):
    def begin(self, tree):
        return self.begin_with(tree)


class Loading(Walk):
    def begin_with(self, tree):
        time.sleep(1)


class Pages:
    def load_page(self, number):
        time.sleep(1)


@app.get("/visited")
async def visited(q: str):  #: endpoint GET /visited blocks time.sleep=warning
    Slow().visit(ast.parse(q))
    return {}


@app.get("/fed")
async def fed(q: str):  #: endpoint GET /fed blocks time.sleep=warning
    Links().feed(q)
    return {}


@app.get("/begun")
async def begun(q: str):  #: endpoint GET /begun blocks time.sleep
    return Loading().begin(ast.parse(q))


@app.get("/paged")
async def paged(q: int):  #: endpoint GET /paged blocks time.sleep=warning
    return shown(q, app.extra.get("pages"))


def shown(number, pages):
    return pages.load_page(number)
