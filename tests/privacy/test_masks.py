import re
from datetime import date

from hypothesis import assume, example, given
from hypothesis import strategies as st
from pytest import mark

from signaal.privacy.masks import MASK, mask

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2)


@mark.parametrize(
    "number",
    [
        "0612345678",
        "06-12345678",
        "06 - 12 34 56 78",
        "06.12.34.56.78",
        "06/12345678",
        "(06) 12345678",
        "0 6 1 2 3 4 5 6 7 8",
        "06\u00a012345678",
        "06\u200b1234\u200d5678",
        "0\u00ad612345678",
        "06\u20131234\u20145678",
        "06\n12345678",
        "\uff10\uff16\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
        "٠٦١٢٣٤٥٦٧٨",
        "0\ufe0f\u20e36\ufe0f\u20e31\ufe0f\u20e32345678",
        "+31612345678",
        "+31 6 1234 5678",
        "+31(0)6 12345678",
        "+31 (0) 6-12345678",
        "＋31612345678",
        "0031612345678",
        "0031 (0)6 12345678",
        "31612345678",
        "31 6 12345678",
        "038-123 45 67",
        "(038) 1234567",
        "0529 123456",
        "+31 38 123 45 67",
        "06123456789",
        "+32 470 12 34 56",
        "0049 1511 2345678",
        "NL91ABNA0417164300",
        "NL91 ABNA 0417 1643 00",
        "nl91abna0417164300",
        "NL91\u00a0ABNA\u00a00417\u00a01643\u00a000",
        "NL 91 ABNA 0417 1643 00",
        "NL92ABNA0417164300",
        "ＮＬ91ABNA0417164300",
        "N\u200bL91ABNA0417164300",
        "BE68 5390 0754 7034",
        "DE89 3704 0044 0532 0130 00",
        "111222333",
        "111 222 333",
        "111.222.333",
        "1112.22.333",
        "1 1 1 2 2 2 3 3 3",
        "111\u2009222\u2009333",
        "111\u200b222333",
    ],
)
@mark.parametrize("around", ["bel {}", "{}", "tel:{}!", "mail{}nu", "nr 14 {} en 3 mensen"])
def test_numbers_of_persons_are_masked(number, around) -> None:
    assert mask(around.format(number)) == around.format(MASK)


@mark.parametrize(
    "text",
    [
        "8021 AC 14 al weken herrie",
        "8021AC14",
        "nr12 deur open",
        "nr12 alle dagen weer herrie",
        "nummer 123456789",
        "bel 112 of 0900-8844",
        "bel 0800-0113 of 113",
        "bel 0900 8844 12 keer",
        "0800 123 4567",
        "gemeente: 14 038",
        "om 23:30 op 14-11",
        "op 01-02-2026 12 keer",
        "op 31-12-2026 123 knallen",
        "2026-01-02 12:30",
        "1/2/26 en 03.04.2026",
        "van 08.30 - 09.30 12 keer",
        "om 02.15 uur 12345678 auto's",
        "Straat 12 14 16 18 2",
        "12, 14, 16, 18, 20 en 22",
        "€ 1.250,50 en 1000000 keer",
        "kamer 3 op verdieping 12, blok 1450",
        "51.5012345 is geen nummer",
        "",
        "▇▇▇",
    ],
)
def test_places_dates_hours_and_help_lines_are_left_alone(text) -> None:
    assert mask(text) == text


def test_a_number_right_after_a_help_line_is_masked_all_the_same() -> None:
    assert mask("0900-8844 06 12345678") == f"0900-8844 {MASK}"


def test_several_numbers_are_masked_one_by_one() -> None:
    text = "06-12345678, NL91ABNA0417164300 en 111222333 van nr 12"
    assert mask(text) == f"{MASK}, {MASK} en {MASK} van nr 12"


GAPS = st.sampled_from(
    ["", "", "", " ", ".", "-", "\u00a0", " - ", "\u200b", "\u2011", "/", "\u2009", "\ufeff"]
)
DIGITS = st.sampled_from([0x30, 0xFF10, 0x0660, 0x1D7D8])
"""Where rows of ten digits begin: plain, full width, Arabic, mathematical."""


@st.composite
def spread(draw, digits):
    """The digits, of any kind, with anything between them."""
    kind = draw(DIGITS)
    return "".join(chr(kind + int(digit)) + draw(GAPS) for digit in digits[:-1]) + chr(
        kind + int(digits[-1])
    )


@given(st.data(), st.from_regex(r"\A0[1-9][0-9]{8}\Z"), st.sampled_from(["0", "+31", "+31(0)"]))
def test_no_way_of_writing_a_telephone_number_gets_through(data, number, prefix) -> None:
    assume(not re.match("0(?:800|90[069])", number))
    rest = data.draw(spread(number[1:]))
    assert mask(f"bel {prefix}{rest} nu") == f"bel {MASK} nu"


@given(st.data(), st.from_regex(r"\A[1-9][0-9]{7}\Z"), st.sampled_from(["", " ", ".", "\u00a0"]))
def test_every_citizen_service_number_is_masked(data, eight, gap) -> None:
    last = sum(w * int(d) for w, d in zip(WEIGHTS, eight, strict=True)) % 11
    assume(last < 10)
    bsn = f"{eight}{last}"
    written = gap.join([bsn[:3], bsn[3:6], bsn[6:]])
    kind = data.draw(DIGITS)
    shown = "".join(chr(kind + int(c)) if c.isdigit() else c for c in written)
    assert mask(f"bsn {shown}.") == f"bsn {MASK}."


@given(
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(1, 999),
    st.sampled_from(["%d-%m-%Y", "%d/%m/%Y", "%Y-%m-%d"]),
)
def test_no_date_before_a_house_number_is_taken_for_a_number(day, house, how) -> None:
    text = f"{day.strftime(how)} {house}"
    assert mask(text) == text


@given(st.integers(1000, 9999), st.from_regex(r"\A[A-Z]{2}\Z"), st.integers(1, 9999))
def test_no_postcode_with_a_house_number_is_taken_for_a_number(digits, letters, house) -> None:
    for text in (f"{digits} {letters} {house}", f"{digits}{letters}{house}"):
        assert mask(text) == text


NUMBERISH = st.text(st.sampled_from("0123456789 .-/()+NLBEA▇\u200b\u00a0:u"), max_size=80)


@given(st.one_of(st.text(max_size=300), NUMBERISH))
@example("06 12345678 111222333 06 12345678")
def test_masking_twice_is_masking_once(text) -> None:
    assert mask(mask(text)) == mask(text)


@given(NUMBERISH)
def test_what_is_not_masked_keeps_every_sign_and_its_order(text) -> None:
    rest = iter(text)
    kept = mask(text).replace(MASK, "")
    assert all(sign in rest for sign in kept)


@mark.parametrize("piece", ["0", "06 ", "1 ", "NL", "NL91", "+31(0)", "(", "06-1234567 ", "0 0-"])
def test_the_work_grows_no_faster_than_the_text(piece) -> None:
    """Patterns that look further than a bounded stretch would never come to an end here."""
    assert mask(piece * 3000)
