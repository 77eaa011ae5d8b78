# The project's own class-based views: the base class registers what the subclass defines.
#: file app/__init__.py
#: file app/views.py
from fastapi import APIRouter


class View:
    path: str

    def __init__(self) -> None:
        self.router = APIRouter()
        self.router.add_api_route(self.path, self.get, methods=["GET"])
        self.router.add_api_route(self.path, self.post, methods=["POST"])

    async def get(self) -> str:  #: endpoint clean
        return self.path

    async def post(self) -> str:  #:? clean
        return self.path
#: file app/main.py
import subprocess

from fastapi import FastAPI

from app.views import View


class Builds(View):
    path = "/builds"

    async def post(self) -> str:  #: endpoint blocks subprocess.check_output
        return subprocess.check_output(["make"], text=True)


app = FastAPI()
app.include_router(Builds().router)
