"""The ticks: a short, static list, worked through by one process at a time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from signaal.db import LeaderLock
from signaal.wiring import House, Tick, ticks

log = structlog.get_logger()

STANDBY_SECONDS = 1.0
"""How long a standby waits before it asks for the lead again."""


@dataclass(frozen=True)
class Worker:
    """Works through the ticks while it leads, and stands by while another does."""

    house: House

    def run(self, stop: threading.Event) -> None:
        """Works until told to stop; returns when all ticks under way have ended."""
        settings = self.house.services.settings
        lock = self.house.services.database.leader_lock(settings.data_dir)
        told = False
        while not stop.is_set():
            if lock.acquire():
                log.info("worker leads")
                self._lead(lock, stop)
                lock.release()
            elif not told:
                log.info("worker stands by")
                told = True
            stop.wait(STANDBY_SECONDS)

    def _lead(self, lock: LeaderLock, stop: threading.Event) -> None:
        scheduler = _scheduler(ticks(self.house), lock)
        scheduler.start()
        while lock.is_held() and not stop.wait(STANDBY_SECONDS):
            pass
        scheduler.shutdown(wait=True)


def _scheduler(work: tuple[Tick, ...], lock: LeaderLock) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone="UTC",
        executors={"default": ThreadPoolExecutor(len(work))},
        # Late is better than never, and once is enough.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    for tick in work:
        scheduler.add_job(
            _guarded(tick, lock),
            "interval",
            seconds=tick.seconds,
            id=tick.name,
            next_run_time=datetime.now(UTC),  # whoever takes over begins at once
        )
    return scheduler


def _guarded(tick: Tick, lock: LeaderLock) -> Callable[[], None]:
    def run() -> None:
        if not lock.is_held():
            return
        try:
            tick.run()
        except Exception as error:
            log.exception("tick failed", tick=tick.name, error=type(error).__name__)

    return run
