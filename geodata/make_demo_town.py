"""Makes the demo town Lindestad anew from its seed: `make demo-town`.

Everything in geodata/demo/ that this program writes is invented; the same seed gives the same town.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from demo_town.doors import number_doors
from demo_town.files import write_addresses, write_neighbourhoods
from demo_town.plan import lay_out
from demo_town.streets import lay_streets

DEMO = Path(__file__).parent / "demo"


def main(folder: Path = DEMO) -> None:
    """Writes all generated files into a folder."""
    ground = lay_out()
    addresses = number_doors(ground, lay_streets(ground))
    folder.mkdir(parents=True, exist_ok=True)
    write_neighbourhoods(folder / "neighbourhoods.gpkg", ground, addresses)
    write_addresses(folder / "addresses.csv.gz", addresses)
    print(f"{sum(a.is_dwelling for a in addresses):,} dwellings in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO)
