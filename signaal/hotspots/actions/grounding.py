"""What lies around and between the blocks."""

from signaal.hotspots import map as drawing
from signaal.services import Services


def ground(services: Services) -> drawing.Ground | None:
    """Surroundings, water and main streets as a browser draws them; None where there are none."""
    return drawing.read_ground(services.settings.snapshots_dir)
