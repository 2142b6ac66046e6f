"""The time of the fake network: what happens when, one thing after the other, and who is told."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from threading import RLock

from signaal.clock import Clock
from signaal.ports import webhook_signature
from signaal.simulator.phones import QUIET, Disturbance

LONGEST_ANSWER = 15.0
"""Seconds after which the carrier stops waiting for a webhook (Twilio, "Webhooks FAQ")."""
SUCCESS = range(200, 300)


@dataclass(frozen=True)
class WebhookAnswer:
    """What Signaal answered to a webhook.

    Attributes:
        status: HTTP status; 0 when there was no answer at all.
        body: The answer itself.
        content_type: Its media type.
        seconds: How long it took, in the network's own time.
    """

    status: int
    body: str = ""
    content_type: str = ""
    seconds: float = 0.0


Deliver = Callable[[str, dict[str, str], str], WebhookAnswer]
"""Posts a form to a path of Signaal with a signature; raises OSError when it can't be reached."""


@dataclass(frozen=True)
class _Hook:
    path: str
    form: dict[str, str]
    then: Callable[[WebhookAnswer], None]


@dataclass(order=True)
class _Event:
    due: datetime
    order: int
    what: Callable[[], None] | _Hook = field(compare=False)


class Agenda:
    """Events in order of time. One thread at a time works through them.

    The lock is never held while a webhook is called: who answers it may be waiting for a thread
    that is looking at a telephone.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        token: str,
        base_url: str,
        turn: Callable[[datetime], None] | None = None,
    ) -> None:
        self.lock = RLock()
        self.deliver: Deliver | None = None
        self.repeat_webhooks = False
        self.unexpected: list[str] = []
        self._clock = clock
        self._token = token
        self._base_url = base_url.rstrip("/")
        self._turn = turn
        self._time = clock.now()
        self._horizon = self._time
        self._events: list[_Event] = []
        self._order = count()
        self._running = False
        self._kept: dict[str, list[Callable[[], None]]] = {}

    @property
    def now(self) -> datetime:
        """The network's own time: that of the present event, or what the clock says by now."""
        return self._time if self._running else max(self._time, self._clock.now())

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Does this later; now or in the past means as soon as everything before it is done."""
        self._put(seconds, action)

    def ask(
        self, path: str, form: dict[str, str], *, then: Callable[[WebhookAnswer], None]
    ) -> None:
        """Calls a webhook, and goes on with its answer."""
        self._put(0, _Hook(path, form, then))

    def tell(
        self,
        url: str,
        form: dict[str, str],
        *,
        about: str,
        status: str,
        is_last: bool,
        disturbance: Disturbance = QUIET,
    ) -> None:
        """Calls a status webhook, as well or as badly as the disturbance has it.

        Args:
            url: Where to; a path, or an address below our own base.
            form: What is told.
            about: The id of the message or call.
            status: The status, to find those that get lost.
            is_last: No other status follows.
            disturbance: What goes wrong.
        """
        path = self.path_of(url)
        if path is None or status in disturbance.drop:
            self._let_go(about, backwards=is_last and disturbance.backwards)
            return

        def post() -> None:
            self._put(disturbance.late, _Hook(path, form, self._check_told))

        for _ in range(2 if disturbance.twice else 1):
            if disturbance.backwards:
                self._kept.setdefault(about, []).append(post)
            else:
                post()
        self._let_go(about, backwards=is_last and disturbance.backwards)

    def _let_go(self, about: str, *, backwards: bool) -> None:
        for post in reversed(self._kept.pop(about, []) if backwards else []):
            post()

    def _check_told(self, answer: WebhookAnswer) -> None:
        if answer.status not in SUCCESS:
            self.unexpected.append(f"a status callback was answered with {answer.status}")
        elif answer.status != 204 and not answer.content_type:  # noqa: PLR2004 - no content
            self.unexpected.append("a status callback got an empty answer without a content type")

    def path_of(self, url: str) -> str | None:
        """The path below our own base; None for another host, which is written down."""
        if url.startswith("/"):
            return url
        if url.startswith(self._base_url + "/"):
            return url.removeprefix(self._base_url)
        self.unexpected.append(f"a request to another host: {url}")
        return None

    def catch_up(self) -> None:
        """Does everything that was due by the clock's present instant."""
        self.run_until(self._clock.now())

    def run_until(self, instant: datetime) -> None:
        """Does everything that is due by this instant, unless another thread is at it already."""
        with self.lock:
            self._horizon = max(self._horizon, instant)
            if self._running:
                return
            self._running = True
        try:
            while event := self._next():
                self._do(event)
        except BaseException:
            with self.lock:
                self._running = False
            raise

    def _next(self) -> _Event | None:
        with self.lock:
            if self._events and self._events[0].due <= self._horizon:
                event = heapq.heappop(self._events)
                self._set_time(event.due)
                return event
            self._set_time(self._horizon)
            self._running = False  # in one breath with seeing that nothing is left
            return None

    def _set_time(self, instant: datetime) -> None:
        if instant > self._time:
            self._time = instant
            if self._turn:
                self._turn(instant)

    def _do(self, event: _Event) -> None:
        if isinstance(event.what, _Hook):
            hook = event.what
            answer = self._post(hook.path, hook.form)
            with self.lock:
                self._put(min(answer.seconds, LONGEST_ANSWER), lambda: hook.then(answer))
            return
        with self.lock:
            event.what()

    def _post(self, path: str, form: dict[str, str]) -> WebhookAnswer:
        if self.deliver is None:
            self.unexpected.append(f"nobody is connected to answer {path}")
            return WebhookAnswer(0)
        signature = webhook_signature(url=self._base_url + path, form=form, token=self._token)
        try:
            answer = self.deliver(path, form, signature)
            if self.repeat_webhooks and self.deliver(path, form, signature) != answer:
                self.unexpected.append(f"a repeated webhook was answered differently: {path}")
        except OSError:
            return WebhookAnswer(0)
        return (
            answer if answer.seconds < LONGEST_ANSWER else WebhookAnswer(0, seconds=LONGEST_ANSWER)
        )

    def _put(self, seconds: float, what: Callable[[], None] | _Hook) -> None:
        with self.lock:
            due = self.now + timedelta(seconds=max(seconds, 0))
            heapq.heappush(self._events, _Event(due, next(self._order), what))
