"""Locks and keys by themselves: what opens what, without a database."""

import hmac
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pytest import mark, raises

from signaal.errors import BrokenSeal
from signaal.privacy.actions import DataKey, GroupKey
from signaal.privacy.actions.sealing import derive

# -- derivation ------------------------------------------------------------------------------


def test_keys_are_derived_as_rfc_5869_says() -> None:
    """Appendix A.3 has an empty salt and info; the extracted key is the one printed there."""
    extracted = hmac.digest(bytes(32), b"\x0b" * 22, "sha256")
    assert extracted.hex() == "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04"
    expanded = hmac.digest(extracted, b"\x01", "sha256")
    assert expanded.hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
    ours = hmac.digest(extracted, b"signaal a use\x01", "sha256")
    assert derive(b"\x0b" * 22, "a use") == ours


def test_each_use_has_its_own_key() -> None:
    assert derive(b"secret", "sealing") != derive(b"secret", "signing")


# -- one field is not another ----------------------------------------------------------------

KEY = DataKey(UUID(int=7), b"k" * 32)
GROUP = GroupKey("log", UUID(int=1), {UUID(int=1): b"a" * 32, UUID(int=2): b"b" * 32})
OTHER = GroupKey("log", UUID(int=2), {UUID(int=2): b"b" * 32})


@given(st.text())
def test_a_field_opens_as_that_field_only(words) -> None:
    sealed = KEY.seal(words, about="contact")
    assert KEY.open(sealed, about="contact") == words
    for about in ("text", ""):
        with raises(BrokenSeal):
            KEY.open(sealed, about=about)


def test_what_version_0_1_0_sealed_opens_as_any_field() -> None:
    assert KEY.open(KEY.seal("oud"), about="contact") == "oud"


@given(st.text(), st.integers(0, 200), st.integers(1, 255))
def test_one_changed_bit_breaks_the_seal(words, place, change) -> None:
    for key in (KEY, GROUP):
        sealed = bytearray(key.seal(words, about="x"))
        sealed[place % len(sealed)] ^= change
        with raises(BrokenSeal):
            key.open(bytes(sealed), about="x")


@given(st.text(), st.text(min_size=1))
def test_a_group_opens_what_it_sealed_where_it_belongs(words, about) -> None:
    sealed = GROUP.seal(words, about=about)
    assert GROUP.open(sealed, about=about) == words
    with raises(BrokenSeal):
        GROUP.open(sealed, about=about + "x")
    with raises(BrokenSeal):
        OTHER.open(sealed, about=about)


@mark.parametrize("spoilt", [b"", b"short", b"x" * 16, b"x" * 60])
def test_what_is_no_seal_or_signature_at_all_is_refused(spoilt) -> None:
    with raises(BrokenSeal):
        GROUP.open(spoilt)
    assert not GROUP.verify(b"message", spoilt)


@given(st.binary(), st.binary())
def test_a_signature_is_good_for_its_own_message_only(message, other) -> None:
    signature = GROUP.sign(message)
    assert GROUP.verify(message, signature)
    assert GROUP.verify(other, signature) is (other == message)
    assert not OTHER.verify(message, signature)


def test_an_older_key_of_the_purpose_still_opens_and_verifies() -> None:
    assert GROUP.open(OTHER.seal("oud")) == "oud"
    assert GROUP.verify(b"oud", OTHER.sign(b"oud"))
