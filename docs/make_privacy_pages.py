# ruff: noqa: INP001 - a program, not a package
"""Writes docs/privacy/ anew, from what the program itself goes by.

With `--check` nothing is written; the exit status says whether the pages are up to date.
"""

import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from html import unescape
from pathlib import Path

from flask import Flask

from signaal import wiring
from signaal.access.model import MATRIX, STAFF, Sight, sight_of
from signaal.app import create_app
from signaal.description import RouteLine, routes
from signaal.privacy.periods import RETENTION, Period
from signaal.privacy.register import Processing, register
from signaal.settings import Settings
from signaal.web import EVERYONE, Within

FOLDER = Path(__file__).parent / "privacy"
MADE = (
    "<!-- Gemaakt door docs/make_privacy_pages.py uit wat het programma zelf gebruikt; verander het"
    " daar. / Made by docs/make_privacy_pages.py from what the program goes by; mend it there. -->"
)
ENGLISH = "*In English: the same lists stand on the page `/verantwoording?taal=en`.*"
COLUMNS = (
    ("Eigen meldingen", "own_reports"),
    ("Wat melders schrijven", "case_text"),
    ("Melder", "contact"),
    ("Woning", "dwelling"),
    ("Blok", "block"),
    ("Buurt en wijk", "areas"),
    ("Achterstanden", "arrears"),
)
WITHIN = {
    Within.NOTHING: "",
    Within.DISTRICT: "eigen wijken",
    Within.ORGANISATION: "eigen organisatie",
    Within.CASE: "eigen zaak",
    Within.CODE: "met de code",
}


class Words:
    """The words of the pages themselves, by their macros."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._modules: dict[str, object] = {}

    def __call__(self, template: str, macro: str, value: object) -> str:
        """What a page calls this."""
        module = self._modules.get(template)
        if module is None:
            module = self._app.jinja_env.get_template(f"access/{template}.html").make_module()
            self._modules[template] = module
        return plain(str(getattr(module, macro)(value)))

    def role(self, role: str) -> str:
        """What a role is called."""
        return "iedereen" if role == EVERYONE else self("names", "role_name", role)

    def roles(self, roles: Iterable[str]) -> str:
        """Roles in the order of the matrix, with commas between them."""
        told = set(roles)
        if told == STAFF:
            return "alle medewerkers"
        ordered = [EVERYONE] if EVERYONE in told else [role for role in MATRIX if role in told]
        return ", ".join(self.role(role) for role in ordered)


def plain(html: str) -> str:
    """Words without tags, on one line."""
    hidden = re.sub(r'<span aria-hidden="true">.*?</span>', "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", "", hidden)).split())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table as Markdown writes it."""
    names = list(head)
    lines = [
        names,
        ["---"] * len(names),
        *([cell.replace("|", "\\|") for cell in row] for row in rows),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def page(title: str, *parts: str) -> str:
    """One whole document."""
    return "\n\n".join([f"# {title}", MADE, ENGLISH, *parts]) + "\n"


# -- the pages ------------------------------------------------------------------------------


def role_matrix(words: Words, lines: tuple[RouteLine, ...]) -> str:
    """Who sees what, and which routes each role may use."""
    seen = table(["Rol", *(name for name, _ in COLUMNS)], (_sight(words, role) for role in MATRIX))
    used = table(
        ["Pad", "Doet", "Rollen", "Doel", "Binnen"], (_route(words, each) for each in lines)
    )
    return page(
        "Wie ziet wat",
        "Iedereen ziet alleen wat voor het eigen werk nodig is, en alleen van de eigen organisatie"
        " en wijken. De tabel komt uit `signaal/access/model/sight.py`, waar het programma zelf uit"
        " leest.",
        seen,
        "## Elke route",
        "Uit de ene verklaring bij elke route, waaruit ook de bewaking, `/openapi.json` en de test"
        " van alle routes volgen.",
        used,
    )


def _sight(words: Words, role: str) -> list[str]:
    sight: Sight = sight_of(role)
    return [words.role(role), *(words("sights", macro, sight) for _, macro in COLUMNS)]


def _route(words: Words, line: RouteLine) -> list[str]:
    return [
        f"`{' '.join(line.methods)} {line.path}`",
        line.words,
        words.roles(line.rule.roles),
        words("log_words", "purpose_name", line.rule.purpose),
        WITHIN[line.rule.within],
    ]


def retention(words: Words) -> str:
    """How long everything is kept, and what becomes of it."""
    return page(
        "Bewaartermijnen",
        "Uit `signaal/privacy/periods.py`, de tabel waar elke opruiming haar termijn uit haalt.",
        table(["Wat", "Hoe lang", "Daarna", "Naam"], (_period(words, each) for each in RETENTION)),
    )


def _period(words: Words, period: Period) -> list[str]:
    return [
        words("accountability_words", "kept_name", period.key),
        words("accountability_words", "how_long", period),
        words("accountability_words", "then_words", period.then),
        f"`{period.key}`",
    ]


def register_of_processing(words: Words) -> str:
    """The register of article 30."""
    told = register()
    return page(
        "Register van verwerkingsactiviteiten",
        "AVG, artikel 30. Uit `signaal/privacy/register.toml`. De grondslagen zijn een voorstel;"
        " zie [wat een jurist moet bevestigen](lawyer.md).",
        f"**Verantwoordelijk:** {told.controller.nl}",
        *(_processing(words, each) for each in told.processings),
        "## Beveiliging van alles",
        "\n".join(f"- {each.nl}" for each in told.measures),
    )


def _processing(words: Words, told: Processing) -> str:
    purposes = ", ".join(words("log_words", "purpose_name", each) for each in told.purposes)
    seen = ". ".join(part for part in (words.roles(told.roles), told.outside.nl) if part)
    rows = [
        ("Doel", f"{told.why.nl} ({purposes})"),
        ("Grondslag (voorstel)", told.ground.nl),
        ("Betrokkenen", told.subjects.nl),
        ("Gegevens", told.data.nl),
        ("Ontvangers", seen),
        ("Termijnen", "; ".join(_kept(words, each) for each in told.kept)),
    ]
    return f"## {told.name.nl}\n\n" + table(["Vraag", "Antwoord"], rows)


def _kept(words: Words, period: Period) -> str:
    name = words("accountability_words", "kept_name", period.key)
    return f"{name}: {words('accountability_words', 'how_long', period)}"


def lawyer() -> str:
    """What a person must confirm."""
    return page(
        "Wat een jurist of functionaris gegevensbescherming moet bevestigen",
        "Signaal is zo gemaakt dat het aan de wet kan voldoen; of dat zo is, bepaalt een mens. Dit"
        " is invoer voor een oordeel, geen juridisch advies.",
        "\n".join(f"{number}. {each.nl}" for number, each in enumerate(register().points, start=1)),
        "## In English",
        "\n".join(f"{number}. {each.en}" for number, each in enumerate(register().points, start=1)),
    )


def pages() -> Mapping[str, str]:
    """All documents by the name of their file."""
    with tempfile.TemporaryDirectory() as folder:
        house = wiring.build(Settings(data_dir=Path(folder)))
        app = create_app(house.services, house.network)
        try:
            with app.test_request_context("/?taal=nl"):
                app.preprocess_request()
                words = Words(app)
                return {
                    "role-matrix.md": role_matrix(words, routes(app)),
                    "retention.md": retention(words),
                    "register-of-processing.md": register_of_processing(words),
                    "lawyer.md": lawyer(),
                }
        finally:
            house.services.database.close()


def main() -> None:
    """Writes the documents, or only says whether they are up to date."""
    made = pages()
    if "--check" in sys.argv:
        old = [name for name, text in made.items() if _kept_text(name) != text]
        sys.exit(f"make these anew: {', '.join(old)}" if old else 0)
    FOLDER.mkdir(exist_ok=True)
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def _kept_text(name: str) -> str:
    path = FOLDER / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    main()
