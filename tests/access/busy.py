"""A moment at which so many sign in that others have to wait."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread

from signaal.access.actions import hashing


@contextmanager
def too_busy(monkeypatch) -> Iterator[None]:
    """All turns to make a hash are taken meanwhile."""
    monkeypatch.setattr(hashing, "WAIT_SECONDS", 0.01)
    enough, taken = Event(), [Event() for _ in range(hashing.AT_ONCE)]

    def hold(mine: Event) -> None:
        with hashing._turn():
            mine.set()
            enough.wait(10)

    with ExitStack() as end:
        for mine in taken:
            holder = Thread(target=hold, args=(mine,))
            holder.start()
            end.callback(holder.join)
            assert mine.wait(10)
        end.callback(enough.set)
        yield
