"""Whether the log of acts is whole: every line, every sign, every checkpoint, from end to end."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from signaal.access.model.audit import GENESIS, Entry, digest


@dataclass(frozen=True)
class Line:
    """One line as it is kept: the entry, the sign it stands on and its own sign."""

    entry: Entry
    previous: bytes
    sign: bytes


@dataclass(frozen=True)
class Checkpoint:
    """The signed end of one segment.

    Attributes:
        first_seq: The segment's first line.
        seq: Its last line.
        digest: The sign of the last line.
        at: When it was signed.
        signature: With the key of the log.
        destroyed_at: When the lines of the segment were destroyed; None while they are kept.
        destroyed_signature: That it was us who destroyed them.
    """

    first_seq: int
    seq: int
    digest: bytes
    at: datetime
    signature: bytes = b""
    destroyed_at: datetime | None = None
    destroyed_signature: bytes | None = None

    @property
    def lines(self) -> int:
        """How many lines the segment has or had."""
        return self.seq - self.first_seq + 1


def sealed_words(checkpoint: Checkpoint) -> bytes:
    """What the signature of a checkpoint is set under."""
    return _words("segment", checkpoint, checkpoint.at)


def destroyed_words(checkpoint: Checkpoint, at: datetime) -> bytes:
    """What the signature of a destruction is set under."""
    return _words("destroyed", checkpoint, at)


def _words(kind: str, checkpoint: Checkpoint, at: datetime) -> bytes:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    said = [kind, checkpoint.first_seq, checkpoint.seq, checkpoint.digest.hex(), moment]
    return json.dumps(said, separators=(",", ":")).encode("ascii")


class Fault(StrEnum):
    """What is wrong with a log that isn't whole."""

    ALTERED = "altered"
    MISSING = "missing"
    OUT_OF_ORDER = "out_of_order"
    CHECKPOINT = "checkpoint"
    CUT_OFF = "cut_off"
    HEAD = "head"


FAULTS = {
    Fault.ALTERED: (
        "deze regel is veranderd nadat hij is geschreven",
        "this line was altered after it was written",
    ),
    Fault.MISSING: ("deze regel ontbreekt", "this line is missing"),
    Fault.OUT_OF_ORDER: (
        "deze regel sluit niet aan op de regel ervoor: verplaatst of vervangen",
        "this line doesn't follow on the line before it: moved or replaced",
    ),
    Fault.CHECKPOINT: (
        "het ondertekende controlepunt past hier niet",
        "the signed checkpoint doesn't fit here",
    ),
    Fault.CUT_OFF: (
        "het logboek is aan het eind afgekapt, vanaf deze regel",
        "the log was cut off at its end, from this line",
    ),
    Fault.HEAD: (
        "het eind van het logboek past niet bij de laatste regel",
        "the head of the log doesn't fit its last line",
    ),
}
"""A sentence for each fault, Dutch and English, for the command that verifies."""


@dataclass(frozen=True)
class LogCheck:
    """What came out of a check of the whole log.

    Attributes:
        lines: How many lines were checked.
        last: Number of the last of them.
        checkpoints: How many signed checkpoints there are.
        destroyed: How many lines were destroyed, in whole segments, after their time.
        newest: The newest checkpoint; whoever noted its sign before can compare.
        fault: The first thing that is wrong; None if the log is whole.
        seq: At which line.
    """

    lines: int
    last: int
    checkpoints: int
    destroyed: int
    newest: Checkpoint | None
    fault: Fault | None = None
    seq: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None

    def report(self) -> str:
        """The outcome in Dutch and English, to print."""
        told = [
            f"Regels nagerekend: {self.lines}, controlepunten: {self.checkpoints}, na de"
            f" bewaartermijn vernietigd: {self.destroyed}. / Lines checked: {self.lines},"
            f" checkpoints: {self.checkpoints}, destroyed after their time: {self.destroyed}."
        ]
        if self.newest:
            told.append(
                f"Laatste controlepunt / Newest checkpoint: {self.newest.seq}"
                f" {self.newest.at.astimezone(UTC).isoformat(timespec='seconds')}"
                f" {self.newest.digest.hex()}"
            )
        if self.fault is None:
            told.append("Het logboek is heel. / The log is whole.")
        else:
            dutch, english = FAULTS[self.fault]
            told.append(f"Regel {self.seq}: {dutch}. / Line {self.seq}: {english}.")
        return "\n".join(told)


def check(
    lines: Iterable[Line],
    *,
    checkpoints: Sequence[Checkpoint],
    head: tuple[int, bytes] | None,
    is_genuine: Callable[[Checkpoint], bool],
) -> LogCheck:
    """Walks through the whole log and stops at the first thing that is wrong.

    What nobody can find without a copy elsewhere: a tail that was rewritten, with its head, after
    the newest checkpoint; and that with the newest checkpoints taken away as well.

    Args:
        lines: All lines, by their number.
        checkpoints: All checkpoints, by their number.
        head: Number and sign of the newest line; None when nothing was written yet.
        is_genuine: Whether a checkpoint's signatures are ours.
    """
    walk = _Walk(deque(checkpoints), total=len(checkpoints))
    fault = _wrong_checkpoint(checkpoints, is_genuine)
    for line in lines if fault is None else ():
        fault = walk.step(line)
        if fault:
            break
    return walk.outcome(fault or walk.end(head), checkpoints)


_Found = tuple[Fault, int]


def _wrong_checkpoint(
    checkpoints: Sequence[Checkpoint], is_genuine: Callable[[Checkpoint], bool]
) -> _Found | None:
    last = 0
    for each in checkpoints:
        if each.first_seq != last + 1 or not is_genuine(each):
            return Fault.CHECKPOINT, each.seq
        last = each.seq
    return None


@dataclass
class _Walk:
    """Where the walk through the log has come."""

    ahead: deque[Checkpoint]
    total: int
    seq: int = 0
    sign: bytes = GENESIS
    lines: int = 0
    destroyed: int = field(default=0)

    def step(self, line: Line) -> _Found | None:
        """Looks at the next line."""
        self._pass_destroyed(line.entry.seq)
        if line.entry.seq <= self._condemned_until():
            return None  # the purge of this segment has not come to its end yet
        fault = self._fault_in(line)
        if fault is None:
            self.seq, self.sign = line.entry.seq, line.sign
            self.lines += 1
        return fault

    def _fault_in(self, line: Line) -> _Found | None:
        seq = line.entry.seq
        if seq != self.seq + 1:
            return (Fault.MISSING, self.seq + 1) if seq > self.seq else (Fault.OUT_OF_ORDER, seq)
        if line.previous != self.sign:
            follows = digest(self.sign, line.entry) == line.sign
            return (Fault.ALTERED if follows else Fault.OUT_OF_ORDER), seq
        if digest(line.previous, line.entry) != line.sign:
            return Fault.ALTERED, seq
        if self.ahead and self.ahead[0].seq == seq and self.ahead.popleft().digest != line.sign:
            return Fault.CHECKPOINT, seq
        return None

    def end(self, head: tuple[int, bytes] | None) -> _Found | None:
        """Looks whether this is where the log ends."""
        self._pass_destroyed(None)
        if self.ahead or (head is not None and head[0] > self.seq):
            return Fault.CUT_OFF, self.seq + 1
        fits = head == (self.seq, self.sign) or (head is None and self.seq == 0)
        return None if fits else (Fault.HEAD, self.seq)

    def outcome(self, found: _Found | None, checkpoints: Sequence[Checkpoint]) -> LogCheck:
        """Everything that was found out."""
        fault, seq = found or (None, None)
        return LogCheck(
            lines=self.lines,
            last=self.seq,
            checkpoints=self.total,
            destroyed=self.destroyed,
            newest=checkpoints[-1] if checkpoints else None,
            fault=fault,
            seq=seq,
        )

    def _condemned_until(self) -> int:
        condemned = self.ahead and self.ahead[0].destroyed_at is not None
        return self.ahead[0].seq if condemned else -1

    def _pass_destroyed(self, until: int | None) -> None:
        while (
            self.ahead and self.ahead[0].first_seq == self.seq + 1 and self._condemned_until() > 0
        ):
            if until is not None and until <= self.ahead[0].seq:
                return
            gone = self.ahead.popleft()
            self.seq, self.sign = gone.seq, gone.digest
            self.destroyed += gone.lines
