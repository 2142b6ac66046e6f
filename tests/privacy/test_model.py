from hypothesis import given
from hypothesis import strategies as st
from pytest import mark

from signaal.privacy.model import MASK, mask, reporter_token


@mark.parametrize(
    "text",
    [
        "bel 0612345678",
        "bel +31 6 1234 5678",
        "bel 038-123 45 67",
        "rekening NL91ABNA0417164300",
        "rekening NL91 ABNA 0417 1643 00",
        "bsn 111222333",
    ],
)
def test_numbers_of_persons_are_masked(text) -> None:
    word, _, _ = text.partition(" ")
    assert mask(text) == f"{word} {MASK}"


@mark.parametrize(
    "text", ["8021 AC 14 al weken herrie", "nummer 123456789", "bel 0800-0113", "om 23:30 op 14-11"]
)
def test_places_times_and_help_lines_are_left_alone(text) -> None:
    assert mask(text) == text


@given(st.text(max_size=300))
def test_masking_twice_is_masking_once(text) -> None:
    assert mask(mask(text)) == mask(text)


def test_a_token_lasts_twelve_weeks_and_no_longer() -> None:
    tokens = {reporter_token("+31612345678", week=week, pepper="p") for week in range(12)}
    assert len(tokens) == 1
    assert reporter_token("+31612345678", week=12, pepper="p") not in tokens
    assert reporter_token("+31612345678", week=0, pepper="q") not in tokens
