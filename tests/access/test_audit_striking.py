"""What stands out in a month, worked out by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from signaal.access.model.audit import Act
from signaal.access.model.striking import (
    RELEVANT,
    Rule,
    Seen,
    Striking,
    is_night,
    month_bounds,
    striking,
)

NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
ANN, BEN, CAS = (UUID(int=number) for number in (1, 2, 3))


def opened(person: UUID, count: int = 1, **changes: object) -> list[Seen]:
    line = Seen(NOON, person, "team_member", Act.TEXT_OPENED)
    return [replace(line, **({"subject": f"R{number}"} | changes)) for number in range(count)]


def test_a_quiet_month_and_an_empty_one_have_no_list() -> None:
    assert striking([]) == []
    assert striking([*opened(ANN, 3), *opened(BEN, 2), *opened(CAS, 4)]) == []


def test_each_look_at_the_readers_own_address_is_counted() -> None:
    month = [*opened(ANN, 2, own_address=True), *opened(ANN, 2), *opened(BEN, 1)]

    assert striking(month) == [Striking(Rule.OWN_ADDRESS, ANN, "team_member", 2)]


def test_ten_reports_opened_and_left_alone_stand_out_and_nine_do_not() -> None:
    assert striking(opened(ANN, 9)) == []
    assert striking(opened(ANN, 10)) == [Striking(Rule.WITHOUT_TASK, ANN, "team_member", 10)]


def test_a_report_that_is_opened_twice_counts_once() -> None:
    assert striking(opened(ANN, 9) * 3) == []


def test_who_looks_through_a_list_has_chosen_none_of_its_reports() -> None:
    assert striking([*opened(ANN, 9), *opened(ANN, 9, subject="")]) == []


def test_what_somebody_worked_on_does_not_count() -> None:
    worked = Seen(NOON + timedelta(days=2), ANN, "team_member", Act.REPORT_MOVED_ON, "R4")
    by_other = replace(worked, person=BEN)

    assert striking([*opened(ANN, 10), worked]) == []
    assert len(striking([*opened(ANN, 10), by_other])) == 1


@pytest.mark.parametrize(
    ("moment", "night"),
    [
        (datetime(2026, 11, 16, 20, 59, tzinfo=UTC), False),  # 21:59 in winter
        (datetime(2026, 11, 16, 21, 0, tzinfo=UTC), True),  # 22:00
        (datetime(2026, 11, 17, 4, 59, tzinfo=UTC), True),  # 5:59
        (datetime(2026, 11, 17, 5, 0, tzinfo=UTC), False),  # 6:00
        (datetime(2026, 7, 16, 20, 0, tzinfo=UTC), True),  # 22:00 in summer
        (datetime(2026, 7, 16, 4, 0, tzinfo=UTC), False),  # 6:00 in summer
    ],
)
def test_the_night_is_from_ten_to_six_in_amsterdam(moment, night) -> None:
    assert is_night(moment) is night


def test_looks_at_night_stand_out_except_of_who_is_on_duty() -> None:
    night = datetime(2026, 11, 16, 23, 0, tzinfo=UTC)
    on_duty = opened(BEN, 3, at=night, role="duty_contact")

    assert striking([*opened(ANN, 2, at=night), *on_duty]) == [
        Striking(Rule.AT_NIGHT, ANN, "team_member", 2)
    ]


def test_more_than_three_times_the_median_of_the_role_stands_out() -> None:
    def month(most: int) -> list[Seen]:
        return [
            *opened(ANN, most, subject="R"),
            *opened(BEN, 4, subject="R"),
            *opened(CAS, 2, subject="R"),
        ]

    assert striking(month(12)) == []  # the median of 2, 4 and 12 is 4
    assert striking(month(13)) == [Striking(Rule.MANY_OPENINGS, ANN, "team_member", 13, usual=4.0)]


def test_two_people_are_too_few_to_say_what_is_usual() -> None:
    month = [*opened(ANN, 90, subject="R"), *opened(BEN, 1, subject="R")]

    assert striking(month) == []


def test_five_failed_sign_ins_of_one_account_stand_out_and_strangers_do_not() -> None:
    failed = Seen(NOON, ANN, "", Act.SIGN_IN_FAILED)
    strangers = [replace(failed, person=None, subject="a1b2")] * 50

    assert striking([failed] * 4 + strangers) == []
    assert striking([failed] * 6 + strangers) == [Striking(Rule.FAILED_SIGN_INS, ANN, "", 6)]


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (Act.PERSON_INVITED, Rule.ACCOUNTS_MADE),
        (Act.ROLES_CHANGED, Rule.ROLES_CHANGED),
        (Act.SECOND_FACTOR_RESET, Rule.FACTORS_RESET),
    ],
)
def test_who_decided_who_may_look_is_always_on_the_list(act, rule) -> None:
    done = Seen(NOON, ANN, "administrator", act, "p")

    assert act in RELEVANT
    assert striking([done] * 2) == [Striking(rule, ANN, "administrator", 2)]


def test_a_month_begins_and_ends_at_midnight_in_amsterdam() -> None:
    assert month_bounds(2026, 3) == (
        datetime(2026, 2, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 31, 22, 0, tzinfo=UTC),
    )
    assert month_bounds(2026, 12)[1] == datetime(2026, 12, 31, 23, 0, tzinfo=UTC)
