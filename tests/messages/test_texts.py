import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import meta

from signaal.messages.texts import render_from, segments
from signaal.resources import TEMPLATES


@pytest.fixture
def folder(tmp_path):
    for name, text in {
        "sms/nl/receipt.txt": "Dank u.\n  Uw code is {{ code }}.\n"
        "{% if known %}Tot\nziens.{% endif %}\n",
        "sms/en/receipt.txt": "Thank you. Your code is {{ code }}.",
        "mail/nl/handover.txt": "\nBeste collega,\n\nVannacht.\n",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_text_is_filled_in_and_stands_on_one_line(folder):
    values = {"code": "K7QX-3F", "known": True}
    text = render_from(folder, "sms/receipt", language="nl", values=values)

    assert text == "Dank u. Uw code is K7QX-3F. Tot ziens."


def test_each_language_has_its_own_words(folder):
    text = render_from(folder, "sms/receipt", language="en", values={"code": "A"})

    assert text == "Thank you. Your code is A."


def test_a_value_is_never_taken_for_a_template_or_escaped(folder):
    text = render_from(folder, "sms/receipt", language="en", values={"code": "{{ 7*7 }} <b>&\n\t'"})

    assert text == "Thank you. Your code is {{ 7*7 }} <b>& '."


def test_a_missing_value_is_an_error_and_never_a_blank(folder):
    with pytest.raises(jinja2.UndefinedError):
        render_from(folder, "sms/receipt", language="en", values={})


@pytest.mark.parametrize(
    ("name", "language"),
    [("sms/nothing", "nl"), ("sms/receipt", "fr"), ("sms/../../secret", "nl"), ("sms", "nl")],
)
def test_a_text_that_is_not_there_is_an_error(folder, name, language):
    with pytest.raises(jinja2.TemplateNotFound):
        render_from(folder, name, language=language, values={"code": "A"})


def test_a_letter_keeps_its_lines(folder):
    text = render_from(folder, "mail/handover", language="nl", values={})

    assert text == "Beste collega,\n\nVannacht."


def test_every_text_on_the_telephone_exists_in_both_languages_and_asks_the_same_of_us():
    def asked(language):
        found = {}
        for kind in ("sms", "voice"):
            for path in sorted((TEMPLATES / kind / language).glob("*.txt")):
                parsed = jinja2.Environment().parse(path.read_text(encoding="utf-8"))  # noqa: S701
                found[kind, path.name] = meta.find_undeclared_variables(parsed)
        return found

    assert asked("nl")
    assert asked("nl") == asked("en")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 152 + "€" * 5, 2),
        ("a" * 152 + "€" + "a" * 151, 2),  # the escaped sign moves to the second part as a whole
        ("a" * 152 + "€" + "a" * 152, 3),
        ("é" * 160, 1),
        ("ë" * 70, 1),
        ("ë" * 71, 2),
        ("ë" * 134, 2),
        ("ë" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),
        ("😀" * 67, 3),  # 33 of them in each part: none is cut in two
        ("a" * 69 + "ë", 1),
        ("a" * 160 + "ë", 3),
    ],
)
def test_parts_are_counted_as_the_carrier_counts_them(text, parts):
    assert segments(text) == parts


@given(st.text(max_size=400))
def test_a_longer_text_never_has_fewer_parts(text):
    assert segments(text) <= segments(text + "a") <= segments(text + "a" * 80)
