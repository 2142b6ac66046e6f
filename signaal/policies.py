"""Reads every policy in alerts/ and says all that is wrong with them at once."""

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_type_hints

from pydantic import TypeAdapter, ValidationError

from signaal.errors import BrokenPolicies, PolicyFault
from signaal.rules import faults_of


class Policy(Protocol):
    """A frozen dataclass that one policy file fills; the file's keys are its fields.

    Rules that no type can tell stand in a class variable `CONDITIONS`, as in `signaal.rules`.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    FILE: ClassVar[str]
    """The name of the file in alerts/."""


PolicyT = TypeVar("PolicyT", bound=Policy)


class Policies:
    """The policies in force, by their type."""

    def __init__(self, in_force: dict[type[Policy], Policy]) -> None:
        self._in_force = in_force

    def __getitem__(self, kind: type[PolicyT]) -> PolicyT:
        """The policy of this type that is in force."""
        return cast("PolicyT", self._in_force[kind])

    def __iter__(self) -> Iterator[Policy]:
        """All policies in force."""
        return iter(self._in_force.values())


@dataclass(frozen=True)
class Across:
    """What a key of one file and a key of another must agree on.

    Attributes:
        here: The file and key that is to be mended.
        there: The file and key that it must agree with.
        faults: Of both values: each fault as a key of the first file and its mend.
    """

    here: tuple[type[Policy], str]
    there: tuple[type[Policy], str]
    faults: Callable[[Any, Any], Iterable[tuple[str, str]]]


def read_policies(
    folder: Path, kinds: Iterable[type[Policy]], *, across: Iterable[Across] = ()
) -> Policies:
    """Reads the policy files of these types.

    Args:
        folder: The folder with the TOML files.
        kinds: The policy types, each naming its own file.
        across: What the files must agree on.

    Raises:
        BrokenPolicies: All faults in all files, each with file, key and mend.
    """
    read = {kind: _read(folder / kind.FILE, kind) for kind in kinds}
    faults = [fault for each in read.values() for fault in each.faults]
    for each in across:
        faults.extend(_between(each, read))
    if faults:
        raise BrokenPolicies(tuple(faults))
    return Policies({kind: kind(**each.values) for kind, each in read.items()})


def read_policy(path: Path, kinds: Iterable[type[Policy]]) -> Policy:
    """Reads one file, of whichever of these types its keys are.

    Args:
        path: The file, under any name.
        kinds: The policy types that it may be.

    Raises:
        BrokenPolicies: All faults in it.
    """
    try:
        keys = _table(path).keys()
    except _Unreadable as fault:
        raise BrokenPolicies((PolicyFault(path.name, "-", str(fault)),)) from None
    kind = max(kinds, key=lambda kind: len(keys & kind.__dataclass_fields__.keys()))
    read = _read(path, kind)
    if read.faults:
        raise BrokenPolicies(tuple(read.faults))
    return kind(**read.values)


class _Unreadable(Exception):
    """A file that holds no table; the text says how to mend it."""


@dataclass(frozen=True)
class _Read:
    """What one file says: the keys that fit, and all that is wrong."""

    values: dict[str, Any]
    faults: list[PolicyFault]


def _read(path: Path, kind: type[Policy]) -> _Read:
    try:
        table = _table(path)
    except _Unreadable as fault:
        return _Read({}, [PolicyFault(path.name, "-", str(fault))])
    values: dict[str, Any] = {}
    told: list[tuple[str, str]] = []
    hints = get_type_hints(kind)
    for name, field in kind.__dataclass_fields__.items():
        if name not in table:
            told += [(name, _MISSING)] if _is_needed(field) else []
            continue
        try:
            values[name] = _value(table[name], hints[name])
        except ValidationError as error:
            told += [(_key(name, fault), _mend(fault)) for fault in error.errors()]
    told += [(_said(name), _UNKNOWN) for name in table.keys() - kind.__dataclass_fields__.keys()]
    told += faults_of(getattr(kind, "CONDITIONS", ()), _with_defaults(kind, values, table))
    return _Read(values, [PolicyFault(path.name, key, mend) for key, mend in told])


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise _Unreadable("dit bestand ontbreekt / this file is missing") from None
    except OSError as error:
        raise _Unreadable(
            f"dit bestand is niet te lezen ({error.strerror}); kijk waar het staat en wie het mag"
            " lezen / this file can't be read; see where it is and who may read it"
        ) from None
    except RecursionError:
        raise _Unreadable(
            "hier staan te veel lijsten in elkaar; haal ze weg / too many lists are nested here;"
            " remove them"
        ) from None
    except ValueError as error:
        raise _Unreadable(f"geen geldige TOML / not valid TOML: {error}") from None


def _value(given: Any, hint: Any) -> Any:  # noqa: ANN401 - any TOML, any type
    # Through JSON, because pydantic's strict mode takes nested dataclasses only from there.
    adapter: TypeAdapter[Any] = TypeAdapter(hint)
    try:
        as_json = json.dumps(given, default=str)
    except RecursionError:
        as_json = "null"
    return adapter.validate_json(as_json, strict=True, extra="forbid")


def _is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _with_defaults(
    kind: type[Policy], values: Mapping[str, Any], table: Mapping[str, Any]
) -> dict[str, Any]:
    """What fits, and what a file may leave out."""
    left_out = {
        name: field.default
        for name, field in kind.__dataclass_fields__.items()
        if name not in table and field.default is not MISSING
    }
    return left_out | dict(values)


def _between(across: Across, read: Mapping[type[Policy], _Read]) -> Iterator[PolicyFault]:
    (here, key), (there, other) = across.here, across.there
    if key in read[here].values and other in read[there].values:
        for where, mend in across.faults(read[here].values[key], read[there].values[other]):
            yield PolicyFault(here.FILE, where, mend)


# -- what is wrong, and how to mend it ------------------------------------------------------

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_MISSING = "deze sleutel ontbreekt; vul hem in / this key is missing; fill it in"
_UNKNOWN = (
    "deze sleutel is onbekend; haal hem weg of verbeter de spelling / this key is unknown;"
    " remove it or mend its spelling"
)
_WHOLE = "schrijf een heel getal, zonder aanhalingstekens / write a whole number, without quotes"
_NUMBER = "schrijf een getal, zonder aanhalingstekens / write a number, without quotes"
_DAY = 'schrijf een dag die bestaat, zoals "2027-06-01" / write a day that exists, like that'
_LIST = 'schrijf een lijst, zoals ["..."] / write a list, like that'
_TABLE = "schrijf hier een tabel met sleutels / write a table with keys here"
_MENDS = {
    "missing": _MISSING,
    "missing_argument": _MISSING,
    "unexpected_keyword_argument": _UNKNOWN,
    "extra_forbidden": _UNKNOWN,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": "dit getal is te groot / this number is too large",
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "string_type": 'schrijf tekst, tussen aanhalingstekens / write text, in quotes: "..."',
    "bool_type": "schrijf true of false / write true or false",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dataclass_type": _TABLE,
    "dataclass_exact_type": _TABLE,
    "dict_type": _TABLE,
}
_OTHER = "dit past hier niet / this doesn't fit here: "
_LONGEST = 60
"""So much of what was written is said again."""


def _key(name: str, fault: Any) -> str:  # noqa: ANN401 - pydantic's own loose dictionary
    return ".".join(map(_said, (name, *fault["loc"])))


def _said(key: object) -> str:
    """A key as it is written in TOML, on one line."""
    return str(key) if _BARE.fullmatch(str(key)) else json.dumps(str(key))[:_LONGEST]


def _mend(fault: Any) -> str:  # noqa: ANN401 - pydantic's own loose dictionary
    written = "" if "missing" in fault["type"] else f" ({_short(fault['input'])})"
    if fault["type"] == "enum":
        choice = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        return f"kies uit {choice} / choose from {choice}{written}"
    known = _MENDS.get(fault["type"])
    if known in {_MISSING, _UNKNOWN}:
        return str(known)
    return f"{known or _OTHER + fault['msg']}{written}"


def _short(given: object) -> str:
    text = repr(given)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
