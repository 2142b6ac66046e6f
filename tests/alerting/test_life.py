from dataclasses import replace
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from signaal.alerting.model import Cause, Look, WarningState, advance
from signaal.intake.model import Kind
from tests.alerting.warnings import POLICY, WEEK, group, uid, warning

TOWN = frozenset("ABCDEFGH")
FRESH = [uid(1000 + number) for number in range(8)]


def live(alive, *clusters, week=WEEK, codes=TOWN, successors=None, policy=POLICY):
    look = Look(week, clusters, codes, successors or {})
    return advance(alive, look, policy=policy, fresh=FRESH)


def told(steps) -> list[tuple]:
    return [(step.warning.codes, step.warning.state.value, step.cause) for step in steps]


def test_a_new_group_is_raised_once() -> None:
    (step,) = live([], group("A", "B"))
    assert step.is_new
    assert told([step]) == [(("A", "B"), "raised", Cause.NEW_GROUP)]
    assert step.warning.because.observed == 9
    (again,) = live([step.warning], group("A", "B"))
    assert (again.is_new, again.cause) == (False, None)


def test_nothing_happens_in_a_quiet_town() -> None:
    assert live([]) == ()
    assert live([], group("A", recurrence_weeks=20.0)) == ()


def test_a_warning_grows_when_blocks_come_in_or_more_people_report_than_ever() -> None:
    (wider,) = live([warning(1, "A")], group("A", "B"))
    assert told([wider]) == [(("A", "B"), "growing", Cause.MORE_BLOCKS)]
    (louder,) = live([warning(1, "A")], group("A", observed=10))
    assert told([louder]) == [(("A",), "growing", Cause.MORE_REPORTERS)]
    (same,) = live([warning(1, "A")], group("A", observed=9))
    assert same.cause is None


def test_in_the_week_in_which_it_was_raised_a_warning_stays_raised() -> None:
    young = warning(1, "A", raised_week=WEEK, step_week=WEEK)
    (step,) = live([young], group("A", "B", observed=30))
    assert told([step]) == [(("A", "B"), "raised", Cause.MORE_BLOCKS)]


def test_a_group_that_has_moved_is_the_same_warning() -> None:
    (step,) = live([warning(1, "A", "B")], group("B", "C"))
    assert told([step]) == [(("B", "C"), "raised", Cause.MOVED)]
    assert step.warning.id == uid(1)


def test_a_warning_fades_after_two_weeks_and_ends_after_six() -> None:
    now, states = warning(1, "A", seen_week=WEEK), []
    for week in range(WEEK, WEEK + 7):
        (step,) = live([now], week=week)
        now = step.warning
        states.append((now.state.value, step.cause))
    not_seen = Cause.NOT_SEEN
    assert states == [
        ("raised", None),
        ("raised", None),
        ("fading", not_seen),
        ("fading", None),
        ("fading", None),
        ("fading", None),
        ("ended", not_seen),
    ]


def test_a_fading_warning_whose_group_is_there_again_grows() -> None:
    faded = warning(1, "A", state=WarningState.FADING)
    (step,) = live([faded], group("A", recurrence_weeks=20.0))
    assert told([step]) == [(("A",), "growing", Cause.BACK)]


def test_two_warnings_that_have_grown_together_go_on_as_the_older_one() -> None:
    old, young = warning(2, "A", raised_week=WEEK - 9), warning(1, "C")
    first, second = live([young, old], group("A", "B", "C"))
    assert (first.warning.id, first.cause) == (uid(2), Cause.MORE_BLOCKS)
    assert (second.warning.state, second.cause) == (WarningState.ENDED, Cause.MERGED)
    assert second.into == uid(2)


def test_a_group_that_has_split_goes_on_as_one_warning_with_both_parts() -> None:
    (step,) = live([warning(1, "A", "B", "C")], group("A"), group("C", "D"))
    assert step.warning.codes == ("A", "C", "D")
    assert step.warning.id == uid(1)


def test_groups_of_different_kinds_never_touch() -> None:
    first, second = live([warning(1, "A")], group("A", kind=Kind.CONCERN), group("A"))
    assert (first.warning.id, first.is_new) == (uid(1), False)
    assert (second.warning.kind, second.is_new) == (Kind.CONCERN, True)


def test_blocks_that_are_gone_go_on_in_who_took_their_dwellings() -> None:
    (step,) = live([warning(1, "X", "Y")], group("B"), successors={"X": "Z", "Z": "B", "Y": "Q"})
    assert (step.warning.id, step.warning.codes, step.cause) == (uid(1), ("B",), None)


def test_a_warning_of_which_all_blocks_are_gone_ends() -> None:
    (step,) = live([warning(1, "X")], successors={"X": "Y", "Y": "X"})
    assert (step.warning.state, step.cause) == (WarningState.ENDED, Cause.BLOCKS_GONE)


def test_a_warning_of_a_kind_that_is_not_watched_any_more_ends() -> None:
    rules = replace(POLICY, kinds=(Kind.CONCERN,))
    (step,) = live([warning(1, "A")], group("A"), policy=rules)
    assert (step.warning.state, step.cause) == (WarningState.ENDED, Cause.NOT_WATCHED)


def test_the_order_of_warnings_and_groups_changes_nothing() -> None:
    alive = [warning(1, "A"), warning(2, "C", raised_week=WEEK - 9), warning(3, "E")]
    groups = [group("A", "B"), group("B", "C", ratio=9.0), group("F", "G")]
    answers = {
        str([(told([step]), step.is_new, step.into) for step in live(some, *others)])
        for some in permutations(alive)
        for others in permutations(groups)
    }
    assert len(answers) == 1


codes = st.sets(st.sampled_from(sorted(TOWN)), min_size=1, max_size=4)
rarities = st.sampled_from([5.0, 20.0, 39.0, 500.0])
looks = st.lists(st.lists(st.tuples(codes, rarities), max_size=3), max_size=12)


@given(looks)
def test_no_two_warnings_that_are_seen_share_a_block_and_none_comes_back_after_its_end(seen):
    alive, ended = [], set()
    number = 1
    for week, found in enumerate(seen, start=WEEK):
        clusters, taken = [], set()
        for some, rarity in found:
            if not taken & some:
                clusters.append(group(*some, week=week, recurrence_weeks=rarity))
                taken |= some
        fresh = [uid(number + place) for place in range(len(clusters))]
        number += len(clusters)
        look = Look(week, tuple(clusters), TOWN, {})
        steps = advance(alive, look, policy=POLICY, fresh=fresh)
        assert {each.id for each in alive} <= {step.warning.id for step in steps}
        assert not ended & {step.warning.id for step in steps}
        now = [step.warning for step in steps]
        ended |= {each.id for each in now if each.state is WarningState.ENDED}
        alive = [each for each in now if each.state is not WarningState.ENDED]
        fresh_codes = [code for each in alive if each.seen_week == week for code in each.codes]
        assert len(fresh_codes) == len(set(fresh_codes))
