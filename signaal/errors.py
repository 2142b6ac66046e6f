"""Every way in which Signaal says no; each class is raised by name and caught at the edges."""

from dataclasses import dataclass


class SignaalError(Exception):
    """Anything that Signaal itself refuses or reports."""


# -- at start-up ----------------------------------------------------------------------------


class UnsafeSetting(SignaalError):
    """A setting with which Signaal must not start; the text says how to mend it."""


@dataclass(frozen=True)
class PolicyFault:
    """One thing that is wrong in one policy file."""

    file: str
    key: str
    mend: str

    def __str__(self) -> str:
        """File, key and mend on one line."""
        return f"{self.file}: {self.key}: {self.mend}"


class BrokenPolicies(SignaalError):
    """One or more policy files can't be used; all faults at once."""

    def __init__(self, faults: tuple[PolicyFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class OutdatedTables(SignaalError):
    """The tables are not those that this version works on; the text names the command."""


class UndeclaredRoute(SignaalError):
    """A route says neither who may come in nor for which purpose."""


# -- access ---------------------------------------------------------------------------------


class NotAllowed(SignaalError):
    """This role may not do this."""


class WrongSignIn(SignaalError):
    """This address and password, code or PIN isn't right; nobody is told which part."""


class TooManyGuesses(WrongSignIn):
    """It was tried too often; it may be tried again later."""


class SessionEnded(SignaalError):
    """This session is over, or is at another step by now."""


class TooBusy(SignaalError):
    """Too many others are being served; asking again in a moment helps."""


class UnknownLink(SignaalError):
    """This link was never given out, was used, or is too old; nobody is told which."""


class UnknownAccount(SignaalError):
    """No person or organisation that this administrator may manage answers to this id."""


class UnusableAccount(SignaalError):
    """An account can't be made or changed like this.

    Attributes:
        faults: Short machine words for all reasons (`AccountFault`); the page has the sentences.
    """

    def __init__(self, *faults: str) -> None:
        super().__init__(", ".join(faults))
        self.faults = faults


class UnusableAct(SignaalError):
    """An act can't be written down like this: its subject or details hold more than ids."""


class BrokenLog(SignaalError):
    """The log of acts lost its head; `verify` says where."""


class UnusableInquiry(SignaalError):
    """A dated question that can't be asked or agreed to like this; the text says why."""


class UnknownInquiry(SignaalError):
    """No open question answers to this id."""


class ProviderAway(SignaalError):
    """The organisation's own sign-in doesn't answer; the text holds no more than why."""


class UntrustedIdentity(SignaalError):
    """What came back from the organisation's own sign-in doesn't fit; the text says what."""


# -- places ---------------------------------------------------------------------------------


class UnusableFile(SignaalError):
    """A file that can't be taken in; the text says what was wrong, where, and how to mend it."""


class UnknownPlace(SignaalError):
    """No dwelling, block or area answers to this description."""


# -- privacy --------------------------------------------------------------------------------


class BrokenSeal(SignaalError):
    """What was sealed can't be opened: it or its key was damaged, or the master key is another."""


class BrokenMasterKey(SignaalError):
    """The master key doesn't open the keys that are kept: Signaal must not start with it."""

    def __init__(self) -> None:
        super().__init__(
            "De hoofdsleutel past niet op de sleutels in de database; zet in SIGNAAL_MASTER_KEY of"
            " SIGNAAL_MASTER_KEY_FILE de sleutel terug waarmee Signaal eerder draaide. / The master"
            " key doesn't open the keys in the database; put the key with which Signaal ran before"
            " back into SIGNAAL_MASTER_KEY or SIGNAAL_MASTER_KEY_FILE."
        )


# -- intake ---------------------------------------------------------------------------------


class ForgedRequest(SignaalError):
    """A webhook without a valid signature."""


class UnusableReport(SignaalError):
    """A report that can't be taken in; the text says what is missing."""


class AlreadyPlaced(UnusableReport):
    """A report that has a place already: somebody was first."""


class SettledPlace(UnusableReport):
    """The place of a report in a period whose figures stand: a new report is another matter."""


class TooManyReports(SignaalError):
    """So much came in from one internet address that this was not kept; it may come later."""


class UnknownReceipt(SignaalError):
    """No report answers to this receipt code, or too many tries were made."""


class TooManyTries(UnknownReceipt):
    """This receipt code was tried too often; it may be tried again later."""


class UnknownRequest(SignaalError):
    """No household request answers to this id."""


# -- messages and the outside world ---------------------------------------------------------


class CarrierError(SignaalError):
    """The carrier did not take a message or call.

    Attributes:
        permanent: Trying again with this number will not help.
        operator: The fault is ours (credentials, account): somebody must look now.
    """

    def __init__(self, text: str, *, permanent: bool, operator: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.operator = operator


# -- on call --------------------------------------------------------------------------------


class BrokenRota(SignaalError):
    """A rota with a hole, an unknown person or an unusable number."""


class UnknownCase(SignaalError):
    """No night case answers to this reference."""


class ImpossibleStep(SignaalError):
    """A night case can't go from the one state to the other."""


# -- hotspots -------------------------------------------------------------------------------


class UnknownDwellings(SignaalError):
    """A block has no dwellings to divide by."""


class NoSnapshot(SignaalError):
    """The figures have not been made yet."""


class UnknownWeekPlace(SignaalError):
    """No list of the week, or no place on one, answers to this."""


class UnusableLook(SignaalError):
    """A judgement about a place without a reason, or with too long a one."""


class ImpossibleSimulation(SignaalError):
    """An invented town can't be as it was asked for."""
