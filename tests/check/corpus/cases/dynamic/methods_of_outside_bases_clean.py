# A method that a class of Python's own gives is not the project's method of the same name; nor is one of the tests.
import ast

from fastapi import FastAPI

from app.queries import Query, Translator

app = FastAPI()


class Walk(ast.NodeVisitor):
    pass


@app.get("/translated")
async def translated(q: str):  #: endpoint GET /translated clean
    return ast.unparse(Translator().visit(ast.parse(q)))


@app.get("/walked")
async def walked(q: str):  #: endpoint GET /walked clean
    Walk().visit(ast.parse(q))
    return {}


@app.get("/asked")
async def asked(q: str):  #: endpoint GET /asked clean|unknown
    return Query(q).shape(given(q))


def given(value):
    return value.shape_of_it("x")


#: file app/__init__.py
#: file app/queries.py
import ast


class Translator(ast.NodeTransformer):
    def visit_Name(self, node):
        return node


class Query:
    def __init__(self, text):
        self.text = text

    def shape(self, of):
        return {"shape": of}


class Page:
    def visit(self, app, code: int = 200):
        import httpx

        httpx.get("https://example.org")


#: file test_pages.py
import httpx


class Recorded:
    def shape_of_it(self, name):
        httpx.get("https://example.org")
