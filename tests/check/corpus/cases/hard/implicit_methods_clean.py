# Operators, comparisons, hashing, containment and formatting of classes that only compute.
from functools import total_ordering

from fastapi import FastAPI

app = FastAPI()


@total_ordering
class Version:
    def __init__(self, text: str) -> None:
        self.parts = tuple(int(part) for part in text.split("."))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.parts == other.parts

    def __lt__(self, other: "Version") -> bool:
        return self.parts < other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __contains__(self, part: int) -> bool:
        return part in self.parts

    def __getitem__(self, index: int) -> int:
        return self.parts[index]

    def __format__(self, spec: str) -> str:
        return ".".join(map(str, self.parts))


@app.get("/newest")
async def newest(a: str, b: str) -> str:  #: endpoint GET /newest clean
    found = max(Version(a), Version(b))
    known = {found: found[0]}
    return f"{found} {3 in found} {known[found]} {Version(a) >= Version(b)}"
