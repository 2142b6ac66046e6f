"""The one stylesheet: contrast as WCAG 2.2 AA asks, in light, in dark and on paper."""

import re

from pytest import fixture, mark

from signaal.resources import STATIC, TEMPLATES

WORDS_NEED = 4.5
SHAPES_NEED = 3.0
WORDS_ON_GROUND = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "soft"),
    ("ink", "warn-soft"),
    ("ink", "alarm-soft"),
    ("muted", "paper"),
    ("muted", "card"),
    ("muted", "soft"),
    ("accent", "paper"),
    ("accent", "card"),
    ("accent", "soft"),
    ("accent-strong", "soft"),
    ("accent-strong", "card"),
    ("accent-strong", "warn-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("warn", "warn-soft"),
    ("warn", "card"),
    ("alarm", "alarm-soft"),
    ("alarm", "card"),
    ("alarm", "paper"),
    ("on-banner", "banner"),
    ("good", "card"),
    ("accent", "alarm-soft"),
    ("accent", "warn-soft"),
]
SHAPES_ON_GROUND = [
    ("edge", "card"),
    ("edge", "paper"),
    ("focus", "card"),
    ("focus", "paper"),
    ("focus", "soft"),
    ("warn-edge", "card"),
    ("warn-edge", "warn-soft"),
    ("accent", "card"),
    ("chart", "card"),
    ("chart-quiet", "card"),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2, glossary."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


@fixture(scope="module")
def sheet() -> str:
    return (STATIC / "signaal.css").read_text(encoding="utf-8")


@fixture(scope="module")
def schemes(sheet) -> dict[str, dict[str, str]]:
    light, dark, paper = (
        colours(part) for part in re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)
    )
    return {"light": light, "dark": light | dark, "paper": light | paper}


def test_black_on_white_has_the_contrast_that_the_standard_names():
    assert contrast("#000000", "#ffffff") == 21


@mark.parametrize("scheme", ["light", "dark", "paper"])
@mark.parametrize(("words", "ground"), WORDS_ON_GROUND)
def test_words_stand_out_from_their_ground(schemes, scheme, words, ground):
    assert contrast(schemes[scheme][words], schemes[scheme][ground]) >= WORDS_NEED


@mark.parametrize("scheme", ["light", "dark", "paper"])
@mark.parametrize(("shape", "ground"), SHAPES_ON_GROUND)
def test_edges_and_rings_stand_out_from_their_ground(schemes, scheme, shape, ground):
    assert contrast(schemes[scheme][shape], schemes[scheme][ground]) >= SHAPES_NEED


def test_the_dark_scheme_gives_every_colour_a_value_of_its_own(schemes, sheet):
    _light, dark, _paper = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)

    assert set(colours(dark)) == set(schemes["light"])


def test_every_colour_that_is_used_exists(schemes, sheet):
    names = set(re.findall(r"^\s*--([a-z-]+):", sheet, re.MULTILINE))

    assert set(re.findall(r"var\(--([a-z-]+)\)", sheet)) <= names


def test_the_sheet_fetches_nothing(sheet):
    assert not re.search(r"@import|url\(|@font-face", sheet)


def test_no_template_styles_or_scripts_in_line():
    for page in TEMPLATES.rglob("*.html"):
        words = page.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=[\"']|<style|javascript:", words), page.name


def test_no_template_asks_another_host_for_anything():
    for page in TEMPLATES.rglob("*.html"):
        words = page.read_text(encoding="utf-8")
        assert not re.search(r"(src|action)=[\"'](https?:)?//", words), page.name
        assert not re.search(r"<link[^>]+href=[\"'](https?:)?//", words), page.name
