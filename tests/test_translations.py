"""Every sentence on the pages stands in Dutch in the code, and in English in the catalogue."""

import io
import re

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from pytest import fixture

from signaal.resources import STATIC, TEMPLATES, TRANSLATIONS
from tests.running import ROOT

FOLDER = TRANSLATIONS / "en" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@fixture(scope="module")
def sentences() -> set[str]:
    """Every sentence that the code and the templates ask for now."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found: set[str] = set()
    for folder in (STATIC.parent, TEMPLATES):
        for _file, _line, words, _comments, _context in extract_from_dir(
            folder, method_map=methods, options_map=options
        ):
            found.add(words if isinstance(words, str) else words[0])
    return found


@fixture(scope="module")
def english() -> Catalog:
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def _first(words: str | tuple[str, ...]) -> str:
    return words if isinstance(words, str) else words[0]


def _all(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words)


def test_every_sentence_has_its_place_in_the_english_catalogue(sentences, english):
    listed = {_first(message.id) for message in english if message.id}

    assert sentences - listed == set(), "run `make translations`, then write the English"
    assert listed - sentences == set(), "run `make translations`: these are no longer used"


def test_every_sentence_has_its_english_and_none_is_a_guess(english):
    for message in english:
        if message.id:
            assert all(_all(message.string)), f"no English for: {message.id}"
            assert not message.fuzzy, f"a guess, not a translation: {message.id}"


def test_the_english_keeps_every_name_that_is_filled_in(english):
    for message in english:
        for said, words in zip(_all(message.id), _all(message.string), strict=True):
            if message.id:
                expected = set(PLACEHOLDER.findall(said))
                assert set(PLACEHOLDER.findall(words)) == expected, message.id


def test_nothing_is_kept_that_is_no_longer_said(english):
    assert not english.obsolete


def test_the_compiled_catalogue_is_made_from_the_written_one(english):
    compiled = io.BytesIO()
    write_mo(compiled, english)

    assert (FOLDER / "messages.mo").read_bytes() == compiled.getvalue(), "run `make translations`"
