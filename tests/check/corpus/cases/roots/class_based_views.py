# fastapi-utils' class-based views: the session is an attribute of the class.
#: allow CW403
from fastapi import APIRouter, Depends, FastAPI
from fastapi_utils.cbv import cbv
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

router = APIRouter()
engine = create_engine("sqlite://")


def get_session():  #: dependency clean on thread
    with Session(engine) as session:
        yield session


@cbv(router)
class Items:
    session: Session = Depends(get_session)

    @router.get("/items")
    async def read(self) -> list[str]:  #: endpoint GET /items blocks Session.scalars=error
        return list(self.session.scalars(select(text("name"))))

    @router.get("/items/sync")
    def read_sync(self) -> list[str]:  #: endpoint GET /items/sync clean on thread
        return list(self.session.scalars(select(text("name"))))

    @router.get("/items/label")
    async def label(self) -> str:  #: endpoint GET /items/label clean
        return "items"


app = FastAPI()
app.include_router(router)
