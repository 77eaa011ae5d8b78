"""A table that stays where it is while its rows change: the cursor keeps its row, columns fit the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.binding import Binding
from textual.coordinate import Coordinate
from textual.widgets import DataTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.binding import BindingType


class Column(NamedTuple):
    """How wide it is, its gap included, and to which side its text leans."""

    key: str
    label: str
    width: int
    right: bool = False


class Cell(NamedTuple):
    """Text that is shown as it stands: nothing in it is markup."""

    text: str
    style: str = ""


class Row(NamedTuple):
    key: str
    cells: Sequence[Cell]


class Listing(DataTable[Text]):
    """Rows to move through with the keys; Enter chooses one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Details"),
        Binding("j", "cursor_down", "Down", show=False),
        Binding("k", "cursor_up", "Up", show=False),
    ]

    def __init__(self, id: str) -> None:
        super().__init__(id=id, cursor_type="row", cell_padding=0, show_cursor=True)
        self._shape: tuple[Column, ...] = ()
        self._rows: list[Row] = []

    @property
    def chosen(self) -> str | None:
        """The key of the row under the cursor."""
        return self._rows[self.cursor_row].key if 0 <= self.cursor_row < len(self._rows) else None

    def fill(self, columns: Sequence[Column], rows: list[Row]) -> None:
        """Show these; the cursor stays on the row with its key, where that is still there."""
        chosen = self.chosen
        if tuple(columns) != self._shape:
            self._shape = tuple(columns)
            self.clear(columns=True)
            for column in columns:
                self.add_column(fitted(Cell(column.label, "bold"), column), width=column.width, key=column.key)
            self._rows = []
        if [row.key for row in rows] == [row.key for row in self._rows]:
            self._update(rows)
        else:
            self.clear()
            for row in rows:
                self.add_row(*map(fitted, row.cells, columns))
            self._rows = rows
            place = next((place for place, row in enumerate(rows) if row.key == chosen), 0)
            self.move_cursor(row=place, animate=False)
        self._rows = rows

    def _update(self, rows: list[Row]) -> None:
        for place, (row, before) in enumerate(zip(rows, self._rows, strict=True)):
            for number, (cell, old) in enumerate(zip(row.cells, before.cells, strict=True)):
                if cell != old:
                    self.update_cell_at(Coordinate(place, number), fitted(cell, self._shape[number]))


def fitted(cell: Cell, column: Column) -> Text:
    """The cell in its column's width; what is too long is cut, and says so."""
    width = column.width - 1
    text = cell.text
    if cell_len(text) > width:
        text = set_cell_size(text, max(0, width - 1)) + "…"
    pad = " " * (width - cell_len(text))
    return Text(f" {pad}{text}" if column.right else f"{text}{pad} ", style=cell.style, no_wrap=True)
