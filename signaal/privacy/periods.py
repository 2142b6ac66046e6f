"""How long everything is kept, and what comes after: the one table by which all purges go."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Kept(StrEnum):
    """Everything that Signaal keeps and lets go of; the words for it stand on the page."""

    UNFOUNDED_REPORT = "unfounded_report"
    """A report that was found unfounded or wrong, or was withdrawn."""
    REPORTER_CONTACT = "reporter_contact"
    REPORT_TEXT = "report_text"
    """What reporters wrote, with what was added since."""
    DWELLING = "dwelling"
    """The dwelling and the address in words."""
    ARREARS_SIGNAL = "arrears_signal"
    CALL_DATA = "call_data"
    """Of the night line: the caller's number, the duty list's numbers, answers, keys pressed."""
    BLOCK_FIGURES = "block_figures"
    """What is left of a report: block, category, week, channel, reporter's token."""
    NIGHT_CASE = "night_case"
    """What is left of a night case: its course, and who of the duty service did what."""
    REPLAY_MARKS = "replay_marks"
    """Keyed hashes of the provider's ids, so that an old request that comes again has no effect."""
    CONVERSATION = "conversation"
    """Where the dialogue with one number stands, under a keyed hash."""
    TRIES = "tries"
    """How often a code or an account was tried, under a keyed hash."""
    OUTBOX_WORDS = "outbox_words"
    """Words and numbers of a message or call that has ended."""
    OUTBOX_SHELL = "outbox_shell"
    """What is left of a message: when, by which channel, how it ended."""
    PROVIDER_COPY = "provider_copy"
    """What the telephone provider keeps of a message or call."""
    STAFF_SESSION = "staff_session"
    DEVICE = "device"
    """The mark by which the browser of a colleague is known again when they sign in."""
    INVITATION = "invitation"
    ENDED_ACCOUNT = "ended_account"
    """Name and address of somebody who has left; the log knows them by a number."""
    HOME = "home"
    """A keyed hash of a colleague's own address, by which a look at it is noticed."""
    HOUSEHOLD_REQUEST = "household_request"
    CARE_LOG = "care_log"
    """Who looked at what, where the health or care of people was in it."""
    OTHER_LOG = "other_log"
    """Who did what, in all other things."""
    INQUIRY = "inquiry"
    """A dated question with which an auditor opened a text."""
    EARLY_WARNING = "early_warning"
    """A warning about a group of blocks, with its history."""
    WEEK_LIST = "week_list"
    """A list of the week, with who looked at which place and the judgement."""
    LOOK_REASON = "look_reason"
    """Why somebody judged a place on the list so, in their words."""
    SNAPSHOT = "snapshot"
    """Frozen figures: the six newest files, and those in use."""
    EXPORT = "export"
    """Files that were handed out; Signaal keeps none, only that it happened (in the log)."""
    PROGRAM_LOG = "program_log"
    """Technical log lines, which hold ids only."""
    BACKUP = "backup"
    """Copies of the database, which whoever runs Signaal destroys in time.

    One from before a purge holds the wrapped keys of its day: it can't be read without the master
    key of that day.
    """


class Since(StrEnum):
    """From when a period is counted."""

    CAME_IN = "came_in"
    JUDGED = "judged"
    """From when it was found unfounded or wrong, or was withdrawn."""
    ANSWERED = "answered"
    CLOSED = "closed"
    ENDED = "ended"
    LAST_USED = "last_used"
    REPLACED = "replaced"
    """From when there are newer ones in its place."""
    TAKEN_AWAY = "taken_away"
    """From when the one who gave it took it away, or left."""


class Afterwards(StrEnum):
    """What becomes of it."""

    DESTROYED = "destroyed"
    COUNTED = "counted"
    """Gone, but for a counter."""
    BLOCK_ONLY = "block_only"
    """Only in which block it was."""
    NEIGHBOURHOOD_YEAR = "neighbourhood_year"
    """Only a number for each neighbourhood, category and year."""
    SHELL = "shell"
    """That it was there, without numbers or words."""
    SEGMENT = "segment"
    """Whole segments of the chain are destroyed, behind a signed checkpoint."""


AT_ONCE = timedelta(0)
WEEK = timedelta(days=7)
MONTH = timedelta(days=30)
HALF_A_YEAR = timedelta(days=182)
YEAR = timedelta(days=365)
"""Without the day of a leap year: who promises a year keeps nothing for longer."""
LEAP_DAYS = timedelta(days=2)
"""What must be kept for at least so many years is not let go a day early (NEN 7513:2018)."""


@dataclass(frozen=True)
class Period:
    """How long one thing is kept.

    Attributes:
        key: What; the name under which a purge counts it.
        live: How long.
        since: From when that is counted.
        then: What becomes of it.
        at_most: So long since it came in, whatever has or hasn't happened; None without such an
            end.
    """

    key: Kept
    live: timedelta
    since: Since
    then: Afterwards
    at_most: timedelta | None = None

    def before(self, now: datetime) -> datetime:
        """What was closed, answered or ended (see `since`) until this instant has had its time."""
        return now - self.live

    def came_before(self, now: datetime) -> datetime | None:
        """What came in until this instant has had its time anyhow; None without such an end."""
        return None if self.at_most is None else now - self.at_most

    def due(self, *, came_in: datetime, since: datetime | None) -> datetime | None:
        """When something has had its time.

        Args:
            came_in: When it came in.
            since: When that happened from which the period is counted; None: not yet.

        Returns:
            The earliest instant at which it may be purged, and must be within a day; None while
            that can't be told.
        """
        counted = came_in if self.since is Since.CAME_IN else since
        ends = [counted + self.live] if counted else []
        return min([*ends, *([came_in + self.at_most] if self.at_most else [])], default=None)


RETENTION: tuple[Period, ...] = (
    # trust.md, section 3, in its order.
    Period(Kept.UNFOUNDED_REPORT, AT_ONCE, Since.JUDGED, Afterwards.COUNTED),
    Period(
        Kept.REPORTER_CONTACT,
        AT_ONCE,
        Since.ANSWERED,
        Afterwards.DESTROYED,
        at_most=timedelta(days=90),
    ),
    Period(Kept.REPORT_TEXT, timedelta(days=90), Since.CLOSED, Afterwards.DESTROYED, at_most=YEAR),
    Period(Kept.DWELLING, AT_ONCE, Since.CLOSED, Afterwards.BLOCK_ONLY, at_most=YEAR),
    Period(Kept.ARREARS_SIGNAL, HALF_A_YEAR, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.CALL_DATA, WEEK, Since.CLOSED, Afterwards.DESTROYED, at_most=timedelta(days=90)),
    Period(Kept.BLOCK_FIGURES, 3 * YEAR, Since.CAME_IN, Afterwards.NEIGHBOURHOOD_YEAR),
    Period(Kept.CARE_LOG, 5 * YEAR + LEAP_DAYS, Since.CAME_IN, Afterwards.SEGMENT),
    Period(Kept.OTHER_LOG, 3 * YEAR + LEAP_DAYS, Since.CAME_IN, Afterwards.SEGMENT),
    # What else is kept.
    Period(Kept.NIGHT_CASE, YEAR, Since.CLOSED, Afterwards.DESTROYED),
    Period(Kept.REPLAY_MARKS, 2 * YEAR, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.CONVERSATION, timedelta(days=1), Since.LAST_USED, Afterwards.DESTROYED),
    Period(Kept.TRIES, timedelta(days=1), Since.LAST_USED, Afterwards.DESTROYED),
    Period(Kept.OUTBOX_WORDS, timedelta(days=1), Since.ENDED, Afterwards.SHELL, at_most=WEEK),
    Period(Kept.OUTBOX_SHELL, YEAR, Since.ENDED, Afterwards.DESTROYED),
    Period(Kept.PROVIDER_COPY, timedelta(days=1), Since.ENDED, Afterwards.DESTROYED),
    Period(Kept.STAFF_SESSION, timedelta(days=1), Since.ENDED, Afterwards.DESTROYED),
    Period(Kept.DEVICE, timedelta(days=90), Since.LAST_USED, Afterwards.DESTROYED),
    Period(Kept.INVITATION, AT_ONCE, Since.ENDED, Afterwards.DESTROYED, at_most=WEEK),
    Period(Kept.ENDED_ACCOUNT, MONTH, Since.ENDED, Afterwards.SHELL),
    Period(Kept.HOME, AT_ONCE, Since.TAKEN_AWAY, Afterwards.DESTROYED),
    Period(Kept.HOUSEHOLD_REQUEST, YEAR, Since.ANSWERED, Afterwards.COUNTED),
    Period(Kept.INQUIRY, 5 * YEAR, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.EARLY_WARNING, 3 * YEAR, Since.ENDED, Afterwards.DESTROYED),
    Period(Kept.WEEK_LIST, 3 * YEAR, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.LOOK_REASON, timedelta(days=90), Since.CAME_IN, Afterwards.SHELL),
    Period(Kept.SNAPSHOT, AT_ONCE, Since.REPLACED, Afterwards.DESTROYED),
    Period(Kept.EXPORT, AT_ONCE, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.PROGRAM_LOG, MONTH, Since.CAME_IN, Afterwards.DESTROYED),
    Period(Kept.BACKUP, MONTH, Since.CAME_IN, Afterwards.DESTROYED),
)
"""All periods; whatever purges takes its own from here."""

_BY_KEY = {period.key: period for period in RETENTION}


def period(key: Kept) -> Period:
    """How long this is kept."""
    return _BY_KEY[key]
