"""The register of processing activities, as it is shown and as it stands in the documents."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import cast

from signaal.privacy.periods import Kept, Period, period


@dataclass(frozen=True)
class Said:
    """One text in both languages; empty where there is nothing to say."""

    nl: str
    en: str

    def __getitem__(self, language: str) -> str:
        """The text in this language; Dutch where there is no other."""
        return self.en if language == "en" else self.nl


@dataclass(frozen=True)
class Processing:
    """One processing activity.

    Attributes:
        key: Its name in the program.
        name: What it is called.
        why: What it is for, in a sentence.
        purposes: The purposes of `access` that belong to it.
        ground: On which ground, as a proposal to be confirmed.
        subjects: About whom.
        data: What is held.
        roles: Who gets to see some of it; the matrix of roles says what.
        outside: Who else gets it.
        kept: How long each thing is kept.

    Source: Regulation (EU) 2016/679, article 30(1).
    """

    key: str
    name: Said
    why: Said
    purposes: tuple[str, ...]
    ground: Said
    subjects: Said
    data: Said
    roles: tuple[str, ...]
    outside: Said
    kept: tuple[Period, ...]


@dataclass(frozen=True)
class Register:
    """The whole register.

    Attributes:
        controller: Who answers for it.
        processings: All activities.
        measures: How all of them are secured.
        points: What a lawyer or data protection officer must confirm.
    """

    controller: Said
    processings: tuple[Processing, ...]
    measures: tuple[Said, ...]
    points: tuple[Said, ...]


@cache
def register() -> Register:
    """The register as it is shipped."""
    text = files("signaal.privacy").joinpath("register.toml").read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return Register(
        controller=Said(**told["controller"]),
        processings=tuple(_processing(each) for each in told["processing"]),
        measures=tuple(Said(**each) for each in told["measures"]),
        points=tuple(Said(**each) for each in told["point"]),
    )


def _processing(told: Mapping[str, object]) -> Processing:
    return Processing(
        key=str(told["key"]),
        name=_said(told, "name"),
        why=_said(told, "why"),
        purposes=_names(told, "purposes"),
        ground=_said(told, "ground"),
        subjects=_said(told, "subjects"),
        data=_said(told, "data"),
        roles=_names(told, "roles"),
        outside=_said(told, "outside"),
        kept=tuple(period(Kept(key)) for key in _names(told, "kept")),
    )


def _said(told: Mapping[str, object], name: str) -> Said:
    return Said(str(told[f"{name}_nl"]), str(told[f"{name}_en"]))


def _names(told: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(str(each) for each in cast("list[object]", told[name]))
