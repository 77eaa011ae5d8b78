# Routes added by hand with bound methods and with a plain function.
import subprocess

from fastapi import APIRouter, FastAPI


class Jobs:
    def __init__(self) -> None:
        self.router = APIRouter(prefix="/jobs")
        self.router.add_api_route("/", self.start, methods=["POST"])
        self.router.add_api_route("/{job}", self.state, methods=["GET"])

    async def start(self, command: str) -> int:  #: endpoint POST /jobs/ blocks subprocess.Popen.wait|Popen.wait subprocess.Popen
        return subprocess.Popen(["sh", "-c", command]).wait()

    async def state(self, job: int) -> str:  #: endpoint GET /jobs/{job} clean
        return f"{job} is done"


async def ping() -> str:  #: endpoint GET /ping clean
    return "pong"


app = FastAPI()
app.include_router(Jobs().router)
app.add_api_route("/ping", ping)
