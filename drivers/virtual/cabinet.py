"""Where the papers are kept: numbered texts at once, their pictures drawn by a thread of its own.

paper/0001.txt, paper/0001.png    cut papers; the numbers go on after a restart
uncut/0001.txt, uncut/0001.png    what stood on the roll at the end, with a mark

What a broken connection leaves behind stays on the roll, as in a real printer: the next cut paper begins with it.
"""

import queue
import threading
from pathlib import Path

from drivers.virtual.document import Paper
from drivers.virtual.events import EventLog
from drivers.virtual.paper import UNCUT_MARK, draw

ROLL_ITEMS_MAX = 4000


class Cabinet:
    """Keeps papers in `folder`. `join` waits until every picture is there."""

    def __init__(self, folder: Path, events: EventLog) -> None:
        self._folder = folder
        self._events = events
        self._lock = threading.Lock()
        self._roll: Paper | None = None
        self._next = {kind: _next_number(folder / kind) for kind in ("paper", "uncut")}
        self._to_draw: queue.Queue[tuple[Paper, Path] | None] = queue.Queue()
        self._drawer = threading.Thread(target=self._draw_all, name="virtual-printer-pictures")
        self._drawer.start()

    def keep(self, paper: Paper) -> None:
        """A cut paper, below what stood on the roll; or what stands on the roll from now on."""
        with self._lock:
            if self._roll is not None:
                paper.items[:0] = self._roll.items
                self._roll = None
            if not paper.cut and len(paper.items) < ROLL_ITEMS_MAX:
                self._roll = paper
                return
        self._put_away(paper)

    def _put_away(self, paper: Paper) -> None:
        kind = "paper" if paper.cut else "uncut"
        with self._lock:
            number = self._next[kind]
            self._next[kind] += 1
        path = self._folder / kind / f"{number:04}.txt"
        text = paper.text if paper.cut else f"{paper.text}{UNCUT_MARK}\n"
        path.write_text(text, encoding="utf-8")
        self._events.add("cut" if paper.cut else "uncut", paper=f"{kind}/{path.name}", text=text)
        self._to_draw.put((paper, path.with_suffix(".png")))

    def pictures(self, *, most: int) -> list[str]:
        """The newest pictures of both kinds, newest first, as paths relative to the folder."""
        drawn = [path for kind in self._next for path in (self._folder / kind).glob("*.png")]
        drawn.sort(key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [f"{path.parent.name}/{path.name}" for path in drawn[:most]]

    def join(self) -> None:
        self._to_draw.join()

    def close(self) -> None:
        """Tears off what stands on the roll, draws what waits, then ends the thread."""
        if self._roll is not None:
            self._put_away(self._roll)
        self._to_draw.put(None)
        self._drawer.join()

    def _draw_all(self) -> None:
        while (task := self._to_draw.get()) is not None:
            paper, path = task
            unfinished = path.with_suffix(".part")
            draw(paper).save(unfinished, format="PNG")
            unfinished.replace(path)
            self._events.add("drawn", picture=f"{path.parent.name}/{path.name}", cut=paper.cut)
            self._to_draw.task_done()
        self._to_draw.task_done()


def _next_number(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    return 1 + max((int(path.stem) for path in folder.glob("*.txt") if path.stem.isdigit()), default=0)
