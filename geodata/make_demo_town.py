# ruff: noqa: INP001 - a program, not a package
"""Makes the demo town Lindestad anew from its seed: `make demo-town`.

Everything in geodata/demo/ that this program writes is invented; the same seed gives the same town.
"""

import sys
from pathlib import Path

from demo_town.background import write_background
from demo_town.doors import number_doors
from demo_town.files import write_addresses, write_neighbourhoods, write_table
from demo_town.plan import SEED, lay_out
from demo_town.reports import REPORT_COLUMNS, as_rows, invent_reports
from demo_town.streets import lay_streets
from demo_town.truths import Map, as_toml, truths_of

DEMO = Path(__file__).parent / "demo"


def main(folder: Path = DEMO) -> None:
    """Writes all generated files into a folder."""
    ground = lay_out()
    streets = lay_streets(ground)
    addresses = number_doors(ground, streets)
    folder.mkdir(parents=True, exist_ok=True)
    write_neighbourhoods(folder / "neighbourhoods.gpkg", ground, addresses)
    write_background(folder / "background.gpkg", ground, streets)
    write_addresses(folder / "addresses.csv.gz", addresses)
    truths = truths_of(Map(addresses))
    reports = invent_reports(addresses, truths)
    write_table(folder / "reports.csv.gz", REPORT_COLUMNS, as_rows(reports, addresses))
    (folder / "truths.toml").write_text(as_toml(truths, SEED), encoding="utf-8")
    dwellings = sum(address.is_dwelling for address in addresses)
    sys.stdout.write(f"{dwellings:,} dwellings and {len(reports):,} reports in {folder}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
