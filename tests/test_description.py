"""The description for machines says what the declarations say, and nothing else."""

from flask import Blueprint
from pytest import fixture, raises

from signaal import wiring
from signaal.access.model import Purpose, Role
from signaal.app import create_app
from signaal.description import describe, routes
from signaal.errors import UndeclaredRoute
from signaal.settings import Settings
from signaal.web import EVERYONE, Field, Within, open_to


@fixture(scope="module")
def app(tmp_path_factory):
    house = wiring.build(Settings(data_dir=tmp_path_factory.mktemp("description")))
    made = create_app(house.services, house.network)
    pages = Blueprint("example", __name__)

    @pages.get("/voorbeeld/<uuid:thing>/<any(one, two):step>")
    @open_to(
        Role.AUDITOR,
        purpose=Purpose.AUDIT,
        within=Within.CASE,
        takes=(Field("soort", choices=("a", "b"), required=True),),
    )
    def show(thing, step) -> str:
        """Shows a thing.

        More about it.
        """
        return f"{thing} {step}"

    @pages.post("/voorbeeld")
    @open_to(EVERYONE, purpose=Purpose.REPORT, takes=(Field("text", longest=7, required=True),))
    def send() -> str:
        return ""

    made.register_blueprint(pages)
    yield made
    house.services.database.close()


def test_everybody_reads_the_description(app) -> None:
    answer = app.test_client().get("/openapi.json")

    assert answer.status_code == 200
    assert answer.json == describe(app)
    assert answer.json["openapi"] == "3.1.0"


def test_a_route_is_told_with_its_roles_purpose_scope_arguments_and_questions(app) -> None:
    told = describe(app)["paths"]["/voorbeeld/{thing}/{step}"]["get"]

    assert told["operationId"] == "example.show"
    assert told["summary"] == "Shows a thing."
    assert told["x-signaal-roles"] == ["auditor"]
    assert told["x-signaal-purpose"] == "audit"
    assert told["x-signaal-within"] == "case"
    assert told["security"] == [{"session": []}]
    step, thing, question = told["parameters"]
    assert step["schema"] == {"type": "string", "enum": ["one", "two"]}
    assert thing["schema"] == {"type": "string", "format": "uuid"}
    assert (question["in"], question["required"]) == ("query", True)
    assert question["schema"] == {"type": "string", "enum": ["a", "b"]}
    assert {"200", "403", "404"} <= set(told["responses"])


def test_a_form_is_told_with_its_lengths_and_the_token(app) -> None:
    told = describe(app)["paths"]["/voorbeeld"]["post"]
    form = told["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]

    assert form["properties"]["text"] == {"type": "string", "maxLength": 7}
    assert form["required"] == ["text", "csrf_token"]
    assert {"413", "422"} <= set(told["responses"])


def test_the_carriers_routes_ask_for_a_signature_and_no_token(app) -> None:
    told = describe(app)["paths"]["/haak/bezorging"]["post"]

    assert told["security"] == [{"signature": []}]
    form = told["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert "csrf_token" not in form["properties"]


def test_every_declared_route_is_described_once(app) -> None:
    described = [
        told["operationId"] for path in describe(app)["paths"].values() for told in path.values()
    ]

    assert sorted(described) == sorted(
        line.endpoint for line in routes(app) for _method in line.methods
    )
    assert {line.endpoint for line in routes(app)} | {"static"} == set(app.view_functions)


def test_the_description_is_a_valid_one(app) -> None:
    import schemathesis

    schema = schemathesis.openapi.from_dict(describe(app))
    assert [found.ok() for found in schema.get_all_operations()]


def test_without_a_declaration_nothing_starts(app, tmp_path, monkeypatch) -> None:
    house = wiring.build(Settings(data_dir=tmp_path))
    bare = Blueprint("bare", __name__)
    bare.add_url_rule("/kaal", view_func=lambda: "")
    monkeypatch.setattr("signaal.app.PAGES", (bare,))
    with raises(UndeclaredRoute):
        create_app(house.services)
    house.services.database.close()
