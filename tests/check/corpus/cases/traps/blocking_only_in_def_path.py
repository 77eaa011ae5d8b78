# The same service class is injected into `def` and `async def` endpoints; the async ones use its async half.
#: allow CW403
from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, FastAPI
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

app = FastAPI()
engine = create_engine("postgresql://localhost/app")


class Reports:
    def __init__(self, session: Session) -> None:
        self.session = session

    def count(self) -> int:
        return self.session.scalar(text("select count(*) from reports")) or 0

    def title(self, n: int) -> str:
        return f"{n} reports"


def reports() -> Iterator[Reports]:  #: dependency clean on thread
    with Session(engine) as session:
        yield Reports(session)


Service = Annotated[Reports, Depends(reports)]


@app.get("/count")
def count(service: Service) -> int:  #: endpoint GET /count clean on thread
    return service.count()


@app.get("/title/{n}")
async def title(n: int, service: Service) -> str:  #: endpoint GET /title/{n} clean
    return service.title(n)
