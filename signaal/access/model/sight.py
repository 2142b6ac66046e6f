"""The matrix of roles: what each of them sees, as data that the program itself goes by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from signaal.access.model.roles import Role
from signaal.privacy.model import Precision

RESIDENT = ""
"""The role of who has not signed in."""

NUISANCE, CONCERN, ARREARS = "nuisance", "concern", "arrears"
"""The kinds of evidence, as `intake` names them."""


class OwnReports(StrEnum):
    """What somebody sees of the reports that they sent in."""

    NOTHING = "nothing"
    STATUS_BY_CODE = "status_by_code"
    EXACT = "exact"
    OWN_FILES = "own_files"


class CaseText(StrEnum):
    """Whose words somebody may read."""

    NOTHING = "nothing"
    OWN_CASES = "own_cases"
    OWN_DISTRICT = "own_district"
    """The assigned cases, and in the own district what nobody has triaged yet."""
    UNTRIAGED = "untriaged"
    """In the own district what nobody has triaged yet."""
    ON_DUTY = "on_duty"
    """While on duty, and until twelve hours after the report."""
    ON_QUESTION = "on_question"
    """Upon a dated question to which a second person has agreed."""


class Contact(StrEnum):
    """Which reporter's number or address somebody may see."""

    NOTHING = "nothing"
    OWN = "own"
    OWN_INTAKE = "own_intake"
    WITH_REASON = "with_reason"
    MASKED_ON_DUTY = "masked_on_duty"


class DwellingSight(StrEnum):
    """Which dwelling a report is about, and who may know."""

    NOTHING = "nothing"
    OWN_CASE = "own_case"
    IN_THE_SIGNAL = "in_the_signal"
    ON_DUTY_WITH_PIN = "on_duty_with_pin"
    OWN_FILES = "own_files"


class ArrearsSight(StrEnum):
    """What somebody sees of arrears, besides the figures per block."""

    NOTHING = "nothing"
    OWN_ON_REQUEST = "own_on_request"
    ENTERS = "enters"
    """Hands them in, and can't read them back after a day."""
    CLASSES = "classes"
    ROWS = "rows"


@dataclass(frozen=True)
class BlockSight:
    """Figures per block.

    Attributes:
        kinds: How exactly, for each kind that is seen at all.
        weekly: The rolling last four weeks; else only complete fixed periods.
        with_ticket: Only for the block of one own vacant dwelling.
    """

    kinds: Mapping[str, Precision] = field(default_factory=dict)
    weekly: bool = False
    with_ticket: bool = False


def _classes(*kinds: str, weekly: bool = False, with_ticket: bool = False) -> BlockSight:
    seen = MappingProxyType(dict.fromkeys(kinds, Precision.CLASSES))
    return BlockSight(seen, weekly=weekly, with_ticket=with_ticket)


NO_BLOCKS = BlockSight()


@dataclass(frozen=True)
class Sight:
    """What one role sees, always within its own organisation and districts.

    Attributes:
        own_reports: Of what they sent in themselves.
        case_text: Of what reporters wrote.
        contact: Of how to reach a reporter.
        dwelling: Of which dwelling it is about.
        block: Figures per block.
        areas: Yearly figures of neighbourhoods, districts and the town; None for no figures.
        arrears: Of arrears, besides the figures.
    """

    own_reports: OwnReports = OwnReports.NOTHING
    case_text: CaseText = CaseText.NOTHING
    contact: Contact = Contact.NOTHING
    dwelling: DwellingSight = DwellingSight.NOTHING
    block: BlockSight = NO_BLOCKS
    areas: Precision | None = Precision.CLASSES
    arrears: ArrearsSight = ArrearsSight.NOTHING


MATRIX: Mapping[str, Sight] = MappingProxyType(
    {
        RESIDENT: Sight(
            own_reports=OwnReports.STATUS_BY_CODE,
            contact=Contact.OWN,
            arrears=ArrearsSight.OWN_ON_REQUEST,
        ),
        Role.HOUSING_CONSULTANT: Sight(
            own_reports=OwnReports.EXACT,
            case_text=CaseText.OWN_CASES,
            contact=Contact.OWN_INTAKE,
            dwelling=DwellingSight.OWN_CASE,
            block=_classes(NUISANCE, CONCERN),
            arrears=ArrearsSight.ENTERS,
        ),
        Role.POLICE_OFFICER: Sight(own_reports=OwnReports.EXACT, block=_classes(NUISANCE)),
        Role.TEAM_MEMBER: Sight(
            case_text=CaseText.OWN_DISTRICT,
            contact=Contact.WITH_REASON,
            dwelling=DwellingSight.OWN_CASE,
            block=_classes(NUISANCE, CONCERN, ARREARS, weekly=True),
            arrears=ArrearsSight.CLASSES,
        ),
        Role.CARE_WORKER: Sight(
            own_reports=OwnReports.EXACT,
            case_text=CaseText.OWN_CASES,
            contact=Contact.OWN_INTAKE,
        ),
        Role.DEBT_HELPER: Sight(
            dwelling=DwellingSight.IN_THE_SIGNAL,
            arrears=ArrearsSight.ROWS,
        ),
        Role.DUTY_CONTACT: Sight(
            case_text=CaseText.ON_DUTY,
            contact=Contact.MASKED_ON_DUTY,
            dwelling=DwellingSight.ON_DUTY_WITH_PIN,
            areas=None,
        ),
        Role.ALLOCATOR: Sight(block=_classes(NUISANCE, CONCERN, with_ticket=True)),
        Role.COORDINATOR: Sight(
            case_text=CaseText.UNTRIAGED,
            block=BlockSight(
                MappingProxyType(
                    {
                        NUISANCE: Precision.EXACT,
                        CONCERN: Precision.EXACT,
                        # Arrears are classes for everybody (trust.md, section 1).
                        ARREARS: Precision.CLASSES,
                    }
                ),
                weekly=True,
            ),
            areas=Precision.EXACT,
            arrears=ArrearsSight.CLASSES,
        ),
        Role.PLANNER: Sight(areas=None),
        Role.POLICY_OFFICER: Sight(block=_classes(NUISANCE, CONCERN), arrears=ArrearsSight.CLASSES),
        Role.BACK_OFFICE: Sight(
            own_reports=OwnReports.OWN_FILES,
            dwelling=DwellingSight.OWN_FILES,
            arrears=ArrearsSight.ENTERS,
        ),
        Role.ADMINISTRATOR: Sight(areas=None),
        Role.AUDITOR: Sight(
            case_text=CaseText.ON_QUESTION,
            block=_classes(NUISANCE, CONCERN),
            arrears=ArrearsSight.CLASSES,
        ),
        Role.DATA_PROTECTION_OFFICER: Sight(
            case_text=CaseText.ON_QUESTION,
            block=_classes(NUISANCE, CONCERN),
            arrears=ArrearsSight.CLASSES,
        ),
    }
)
"""Every role; a test refuses a role that isn't in it."""


def sight_of(role: str) -> Sight:
    """What this role sees; nothing for a role that doesn't exist."""
    return MATRIX.get(role, NOBODY)


NOBODY = Sight(areas=None)
"""What an unknown role sees."""

READS_CASES = frozenset(
    role for role, sight in MATRIX.items() if role and sight.case_text is not CaseText.NOTHING
)
"""The roles that may read what reporters wrote; an administrator never holds one of them."""
