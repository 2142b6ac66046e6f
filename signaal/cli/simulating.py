"""The command that invents streams of reports of which the truth is known."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import click

from signaal.cli.base import A_FILE, commands, progress
from signaal.errors import ImpossibleSimulation, UnusableFile
from signaal.hotspots import simulate as simulation

TRUTHS_SUFFIX = ".truths.csv"
REPORTS_PER_STEP = 20_000
REPORT_COLUMNS = ("block", "week", "day", "reporter")
USUALLY = ("", "4", "2")
"""Week (must be given), blocks and times of an outbreak."""
TRUTH_COLUMNS = ("outbreak", "shape", "block", "first_week", "last_week", "times")


@commands.command()
@click.option("--blocks", default=500, show_default=True, help="blocks of the invented town")
@click.option("--dwellings", default=40, show_default=True, help="dwellings in each block")
@click.option("--weeks", default=112, show_default=True, help="weeks, oldest first")
@click.option("--rate", default=0.5, show_default=True, help="voices per block and week")
@click.option("--season", default=0.2, show_default=True, help="share up in summer, down in winter")
@click.option("--levels", default=0.3, show_default=True, help="how much blocks always differ")
@click.option(
    "--dispersion", default=1.1, show_default=True, help="variance over mean; 1 is chance"
)
@click.option("--gap", "gaps", type=int, multiple=True, help="a week in which the line was down")
@click.option("--angry", default=0, show_default=True, help="single reporters who go on and on")
@click.option("--swallowed", default=0.0, show_default=True, help="share at one default point")
@click.option(
    "--outbreak",
    "outbreaks",
    multiple=True,
    metavar="SHAPE:WEEK[:BLOCKS[:TIMES]]",
    help="doubling, slow, jump, street or neighbourhood, for example doubling:104:4:2",
)
@click.option("--seed", default=1, show_default=True, help="the same seed gives the same stream")
@click.option("--out", required=True, type=A_FILE, help="CSV file; the truths come beside it")
def simulate(
    *,
    blocks: int,
    dwellings: int,
    weeks: int,
    gaps: tuple[int, ...],
    outbreaks: tuple[str, ...],
    seed: int,
    out: Path,
    **figures: float,
) -> None:
    """Invents reports over an invented town, with outbreaks of which the truth is known.

    Weeks of --gap and --outbreak count from the first, which is 0. Blocks count from 0 too.
    """
    _require_folder(out)
    _require_seed(seed)
    habits = simulation.Habits(gaps=gaps, **figures)  # type: ignore[arg-type]
    wanted = [_outbreak(text) for text in outbreaks]
    with progress() as show:
        show("stad / town", 0.0)
        town = simulation.grid_map(blocks, dwellings=dwellings, askew=0.25, seed=seed)
        show("stemmen / voices", 0.1)
        stream = simulation.invent(town, habits=habits, weeks=weeks, seed=seed, outbreaks=wanted)
        show("meldingen / reports", 0.4)
        reports = simulation.reports_of(stream, habits=habits, seed=seed)
        _write(out, REPORT_COLUMNS, _report_rows(reports, show))
        truths = out.with_name(out.name + TRUTHS_SUFFIX)
        _write(truths, TRUTH_COLUMNS, _truth_rows(stream))
        show("klaar / ready", 1.0)
    made = reports.block.size
    click.echo(
        f"{made} verzonnen meldingen in {out}; wat er echt gebeurt staat in {truths}."
        f" / {made} invented reports in {out}; what really happens is in {truths}."
    )


def _require_folder(out: Path) -> None:
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UnusableFile(
            f"{out}: geef een bestand in een map die bestaat. /"
            f" {out}: give a file in a folder that exists."
        )


def _require_seed(seed: int) -> None:
    if seed < 0:
        raise ImpossibleSimulation(
            f"--seed {seed}: kies 0 of een groter heel getal. / Choose 0 or a larger whole number."
        )


def _outbreak(text: str) -> simulation.Outbreak:
    """An outbreak as it was typed: shape, first week, how many blocks, how many times the usual."""
    shape, *rest = text.split(":")
    try:
        start, size, times = [*rest, *USUALLY[len(rest) :]]
        return simulation.Outbreak(
            simulation.Shape(shape), start=int(start), size=int(size), times=float(times)
        )
    except ValueError as error:
        raise UnusableFile(
            f"--outbreak {text}: schrijf VORM:WEEK:BLOKKEN:MAAL, bijvoorbeeld doubling:104:4:2."
            f" Vormen: {', '.join(simulation.Shape)}. / Write SHAPE:WEEK:BLOCKS:TIMES, for example"
            " doubling:104:4:2."
        ) from error


def _report_rows(
    reports: simulation.Reports, show: Callable[[str, float], None]
) -> Iterator[tuple[object, ...]]:
    columns = (reports.block, reports.week, reports.day, reports.reporter)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    for nth, row in enumerate(rows):
        if nth % REPORTS_PER_STEP == 0:
            show("meldingen / reports", 0.5 + 0.45 * nth / reports.block.size)
        yield row


def _truth_rows(stream: simulation.Stream) -> Iterator[tuple[object, ...]]:
    for nth, truth in enumerate(stream.truths):
        for block, since, factor in zip(truth.blocks, truth.since, truth.factor, strict=True):
            first, last = stream.first_week + int(since), stream.first_week + truth.until - 1
            yield nth, truth.shape.value, int(block), first, last, f"{factor.max():g}"
    for block in stream.angry:
        yield "", "angry_reporter", int(block), "", "", ""
    if stream.default_block >= 0:
        yield "", "default_point", stream.default_block, "", "", ""


def _write(path: Path, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
