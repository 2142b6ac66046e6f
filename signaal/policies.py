"""Reads every policy in alerts/ and says all that is wrong with them at once."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import Field
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, cast

from pydantic import TypeAdapter, ValidationError

from signaal.errors import BrokenPolicies, PolicyFault


class Policy(Protocol):
    """A frozen dataclass that one policy file fills; the file's keys are its fields.

    A rule between fields stands in `__post_init__` and raises ValueError with a sentence that
    says how to mend it.
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


def read_policies(folder: Path, kinds: Iterable[type[Policy]]) -> Policies:
    """Reads the policy files of these types.

    Args:
        folder: The folder with the TOML files.
        kinds: The policy types, each naming its own file.

    Raises:
        BrokenPolicies: All faults in all files, each with file, key and mend.
    """
    in_force: dict[type[Policy], Policy] = {}
    faults: list[PolicyFault] = []
    for kind in kinds:
        try:
            in_force[kind] = _read(folder / kind.FILE, kind)
        except BrokenPolicies as broken:
            faults.extend(broken.faults)
    if faults:
        raise BrokenPolicies(tuple(faults))
    return Policies(in_force)


def read_policy(path: Path, kinds: Iterable[type[Policy]]) -> Policy:
    """Reads one file, of whichever of these types its keys are.

    Args:
        path: The file, under any name.
        kinds: The policy types that it may be.

    Raises:
        BrokenPolicies: All faults in it.
    """
    keys = _table(path).keys()
    kind = max(kinds, key=lambda kind: len(keys & kind.__dataclass_fields__.keys()))
    return _read(path, kind)


def _read(path: Path, kind: type[PolicyT]) -> PolicyT:
    table = _table(path)
    # Through JSON, because pydantic's strict mode takes nested dataclasses only from there.
    as_json = json.dumps(table, default=str)
    try:
        return TypeAdapter(kind).validate_json(as_json, strict=True, extra="forbid")
    except ValidationError as error:
        told = (fault for f in error.errors() for fault in _faults(f, path=path, kind=kind))
        raise BrokenPolicies(tuple(told)) from None


def _faults(fault: Any, *, path: Path, kind: type[Policy]) -> Iterator[PolicyFault]:  # noqa: ANN401 - pydantic's own loose dictionary
    """One fault; or, of rules between fields, each that is told as "key: mend"."""
    mend = _mend(fault)
    key = f"(?:{'|'.join(map(re.escape, kind.__dataclass_fields__))})"
    between = rf"(?:^|; )({key}(?:, {key})*): "
    told = re.split(between, mend) if fault["type"] == "value_error" else [mend]
    if told[0]:
        yield PolicyFault(path.name, _key(fault), told[0])
    for keys, sentence in zip(told[1::2], told[2::2], strict=True):
        yield PolicyFault(path.name, keys, sentence)


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise _broken(path, "-", "dit bestand ontbreekt / this file is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _broken(path, "-", f"geen geldige TOML / not valid TOML: {error}") from None


def _broken(path: Path, key: str, mend: str) -> BrokenPolicies:
    return BrokenPolicies((PolicyFault(path.name, key, mend),))


def _key(fault: Any) -> str:  # noqa: ANN401 - pydantic's own loose dictionary
    return ".".join(str(part) for part in fault["loc"]) or "-"


_MENDS = {
    "missing": "deze sleutel ontbreekt; vul hem in / this key is missing; fill it in",
    "unexpected_keyword_argument": "deze sleutel is onbekend; haal hem weg of verbeter de "
    "spelling / this key is unknown; remove it or mend its spelling",
    "extra_forbidden": "deze sleutel is onbekend; haal hem weg of verbeter de spelling / "
    "this key is unknown; remove it or mend its spelling",
}


def _mend(fault: Any) -> str:  # noqa: ANN401 - pydantic's own loose dictionary
    known = _MENDS.get(fault["type"])
    if known:
        return known
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"dit past hier niet / this doesn't fit here: {fault['msg']} ({fault['input']!r})"
