# Dictionaries, lists, sets and strings have `get`, `pop`, `copy`, `join`, `read`-like names.
from collections import OrderedDict, defaultdict, deque

from fastapi import FastAPI

app = FastAPI()
seen: deque[str] = deque(maxlen=10)
index: defaultdict[str, list[int]] = defaultdict(list)
recent: OrderedDict[str, int] = OrderedDict()


@app.get("/seen/{name}")
async def look(name: str) -> list[str]:  #: endpoint GET /seen/{name} clean
    seen.append(name)
    index[name].append(len(seen))
    recent.update({name: recent.get(name, 0) + 1})
    recent.move_to_end(name)
    return [*seen.copy(), "-".join(sorted(recent.keys()))]


@app.delete("/seen")
async def clear() -> int:  #: endpoint DELETE /seen clean
    left = {"a": {"b": 1}}.get("a", {}).get("b", 0)
    while seen:
        seen.pop()
    return left + len(index.pop("a", []))
