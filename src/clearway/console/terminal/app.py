"""The view of `clearway top` in a terminal: needs 80×24, no mouse, and no more than sixteen colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.widgets import ContentSwitcher, Footer, Static

from clearway.console.terminal import heading, panes
from clearway.console.terminal.details import HELP, Detail, route_text, stall_text
from clearway.console.terminal.diagnosis import diagnosis
from clearway.console.terminal.listing import Listing
from clearway.console.terminal.live import Live
from clearway.console.terminal.picture import Picture
from clearway.console.terminal.replay import Replay
from clearway.console.terminal.report import doctor_lines
from clearway.console.terminal.words import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.events import Resize
    from textual.widgets import DataTable

    from clearway.console.terminal.seen import Seen

PULL_S = 0.1
SHOWN_S = 0.5
"""At most so often a live picture is drawn anew."""
PANES = ("routes", "stalls", "pool", "losses")
REPLAY_ONLY = frozenset({"move", "step", "speed", "start", "end"})


class TopApp(App[None]):
    """A console that is followed, or a recording that is played."""

    TITLE = "clearway top"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; }
    #title, #tabs, #replay { height: 1; }
    #doctor { height: auto; max-height: 3; }
    #totals { height: 2; }
    #tabs { margin-top: 1; }
    ContentSwitcher { height: 1fr; }
    Listing { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    Listing > .datatable--header { background: ansi_default; color: ansi_default; text-style: bold; }
    #pool { height: 1fr; scrollbar-size-vertical: 1; }
    .empty { height: 1; padding: 0 1; display: none; }
    Detail { align: center middle; }
    #detail { width: 96%; max-width: 120; height: auto; max-height: 92%; border: round ansi_cyan; padding: 0 1;
              scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "Quit"),
        Binding("ctrl+c,ctrl+q", "quit", "Quit", show=False, priority=True),
        Binding("question_mark", "help", "Help"),
        Binding("space", "pause", "Pause", priority=True),
        Binding("s", "sort(1)", "Sort"),
        Binding("S", "sort(-1)", "Sort back", show=False),
        Binding("r", "reverse", "Reverse", show=False),
        Binding("w", "worker", "Worker"),
        Binding("d", "doctor", "Doctor"),
        *(Binding(str(place), f"pane('{pane}')", pane, show=False) for place, pane in enumerate(PANES, 1)),
        Binding("tab", "next_pane(1)", "Pane", show=False, priority=True),
        Binding("shift+tab", "next_pane(-1)", "Pane back", show=False, priority=True),
        Binding("left", "move(-5)", "5 s back", show=False, priority=True),
        Binding("right", "move(5)", "5 s on", show=False, priority=True),
        Binding("shift+left", "move(-60)", "A minute back", show=False, priority=True),
        Binding("shift+right", "move(60)", "A minute on", show=False, priority=True),
        Binding("comma", "step(-1)", "Frame back", show=False),
        Binding("full_stop", "step(1)", "Frame on", show=False),
        Binding("minus", "speed(-1)", "Slower", show=False),
        Binding("plus,equals_sign", "speed(1)", "Faster", show=False),
        Binding("a", "start", "To the start", show=False),
        Binding("e", "end", "To the end", show=False),
    ]

    def __init__(self, source: Live | Replay, name: str) -> None:
        # The terminal's own colours, so that it is readable in light ones, too, and without any.
        super().__init__(ansi_color=True)
        self.theme = "ansi-dark"
        self.source = source
        self.source_name = name
        self.pane = PANES[0]
        self.sorts = {"routes": "rate", "stalls": "lost"}
        self.reversed = {"routes": False, "stalls": False}
        self.worker: int | None = None
        self._still: Seen | None = None
        self._since_shown_s = SHOWN_S
        self._is_news = False
        """Something has changed since it was drawn."""

    @property
    def is_paused(self) -> bool:
        return self._still is not None

    def compose(self) -> ComposeResult:
        yield Static(id="title")
        yield Static(id="doctor")
        yield Static(id="totals")
        yield Static(id="tabs")
        for pane, nothing in (("stalls", "No stalls."), ("losses", "No call was lost.")):
            yield Static(nothing, id=f"no-{pane}", classes="empty")
        with ContentSwitcher(initial=PANES[0]):
            yield Listing("routes")
            yield Listing("stalls")
            with VerticalScroll(id="pool"):
                yield Static(id="charts")
            yield Listing("losses")
        if isinstance(self.source, Replay):
            yield Static(id="replay")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.action_pane(self.pane)
        self.set_interval(PULL_S, self._pull)

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.show)

    def _pull(self) -> None:
        self._is_news |= self.source.pull()
        self._since_shown_s += PULL_S
        if self._is_news and self._since_shown_s >= SHOWN_S:
            self.show()

    # What is shown

    @property
    def seen(self) -> Seen:
        return self._still or self.source.seen

    def picture(self) -> Picture:
        if self.worker not in self.seen.state.workers:
            self.worker = None
        return Picture(self.seen, self.worker)

    def show(self) -> None:
        """Draw what is seen now."""
        if not self.is_running:
            return
        self._since_shown_s, self._is_news = 0.0, False
        picture = self.picture()
        main = self.screen_stack[0]
        width = self.size.width
        texts = {
            "title": heading.title_line(picture, self._place(), width),
            "doctor": self._doctor(),
            "totals": heading.totals_text(picture.totals()),
            "tabs": heading.tabs_line(self.pane, picture),
        }
        if isinstance(self.source, Replay):
            texts["replay"] = heading.replay_line(self.source, width)
        for name, text in texts.items():
            main.query_one(f"#{name}", Static).update(text)
        self._fill(picture)

    def _place(self) -> heading.Place:
        if isinstance(self.source, Live):
            return heading.Place(self.source_name, self.source.link, self.is_paused)
        return heading.Place(self.source_name, None, False)

    def _doctor(self) -> Text:
        """Without a connection, what is known is of the past, and that is what has to be said."""
        if isinstance(self.source, Live) and not self.source.link.is_live:
            return heading.link_text(self.source.link)
        return heading.doctor_text(diagnosis(self.seen))

    def _fill(self, picture: Picture) -> None:
        main, width = self.screen_stack[0], self.size.width - 1
        if self.pane == "pool":
            charts = panes.pool_charts(picture, width, main.query_one("#pool").size.height)
            main.query_one("#charts", Static).update(charts)
            return
        listing = main.query_one(f"#{self.pane}", Listing)
        if self.pane == "losses":
            columns, rows = panes.loss_columns(width), panes.loss_rows(picture)
        else:
            sort, reverse = self.sorts[self.pane], self.reversed[self.pane]
            of_columns, of_rows = _TABLES[self.pane]
            columns = of_columns(width, sort, reverse=reverse)
            rows = of_rows(picture, columns, sort, reverse=reverse)
        listing.fill(columns if rows else [], rows)
        self._tell_nothing(not rows)

    def _tell_nothing(self, is_empty: bool) -> None:
        for note in self.screen_stack[0].query(".empty"):
            note.display = is_empty and note.id == f"no-{self.pane}"

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if len(self.screen_stack) > 1:
            return action == "quit"
        if action in REPLAY_ONLY:
            return isinstance(self.source, Replay)
        return True

    def action_pane(self, pane: str) -> None:
        self.pane = pane
        main = self.screen_stack[0]
        main.query_one(ContentSwitcher).current = pane
        main.query_one(f"#{pane}").focus()
        self._tell_nothing(False)
        self.show()

    def action_next_pane(self, by: int) -> None:
        self.action_pane(PANES[(PANES.index(self.pane) + by) % len(PANES)])

    def action_sort(self, by: int) -> None:
        keys = {"routes": panes.ROUTE_SORTS, "stalls": panes.STALL_SORTS}.get(self.pane)
        if keys is not None:
            self.sorts[self.pane] = keys[(keys.index(self.sorts[self.pane]) + by) % len(keys)]
            self.reversed[self.pane] = False
            self.show()

    def action_reverse(self) -> None:
        if self.pane in self.reversed:
            self.reversed[self.pane] = not self.reversed[self.pane]
            self.show()

    def action_worker(self) -> None:
        choices: Sequence[int | None] = [None, *self.seen.state.workers]
        if len(choices) > 2:
            place = choices.index(self.worker) if self.worker in choices else 0
            self.worker = choices[(place + 1) % len(choices)]
        self.show()

    def action_pause(self) -> None:
        """Live, the view stands still and what comes is kept; a recording plays or stands still."""
        if isinstance(self.source, Replay):
            self.source.toggle()
        else:
            self._still = None if self.is_paused else self.source.seen.still()
        self.show()

    def action_move(self, seconds: int) -> None:
        if isinstance(self.source, Replay):
            self.source.move(seconds)
            self.show()

    def action_step(self, by: int) -> None:
        if isinstance(self.source, Replay):
            self.source.step(by)
            self.show()

    def action_speed(self, by: int) -> None:
        if isinstance(self.source, Replay):
            self.source.faster(by)
            self.show()

    def action_start(self) -> None:
        if isinstance(self.source, Replay):
            self.source.seek(self.source.start_us)
            self.show()

    def action_end(self) -> None:
        if isinstance(self.source, Replay):
            self.source.seek(self.source.end_us)
            self.show()

    def action_help(self) -> None:
        self.push_screen(Detail("keys", Text(HELP)))

    def action_doctor(self) -> None:
        self.push_screen(Detail("doctor", Text("\n".join(doctor_lines(diagnosis(self.seen))))))

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        chosen = self.screen_stack[0].query_one(f"#{self.pane}", Listing).chosen
        picture = self.picture()
        if self.pane == "routes":
            route = next((row for row in picture.routes() if row.now.route == chosen), None)
            if route is not None:
                self.push_screen(Detail(printable(route.now.route), route_text(route)))
        elif self.pane == "stalls":
            culprit = next((found for found in picture.culprits() if found.key == chosen), None)
            if culprit is not None:
                self.push_screen(Detail(panes.culprit_place(culprit), stall_text(picture, culprit)))


_TABLES = {
    "routes": (panes.route_columns, panes.route_rows),
    "stalls": (panes.stall_columns, panes.stall_rows),
}
