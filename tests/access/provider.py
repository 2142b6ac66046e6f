"""An organisation's own sign-in, over HTTP on this machine: it signs for real, and can go wrong."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.fakes import SetClock

CLIENT_ID, CLIENT_SECRET = "signaal", "the secret that both know"
KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})
STRANGE_KEY = ECKey.generate_key("P-256", {"kid": "one", "use": "sig"})


def unpadded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@dataclass
class Provider:
    """Signs in whoever comes, as `person`; `claims` and the rest make it say something else."""

    clock: SetClock
    person: dict[str, Any] = field(
        default_factory=lambda: {
            "sub": "u-17",
            "email": "ann@gemeente.example",
            "email_verified": True,
            "amr": ["pwd"],
        }
    )
    claims: dict[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "ES256", "kid": "one"})
    signs_with: Any = field(default_factory=lambda: KEY)
    says_issuer: str = ""
    token_text: str = ""
    """What the token endpoint says instead of JSON."""
    breaks_at: str = ""
    issuer: str = ""
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def application(self) -> Flask:
        app = Flask("provider")
        app.before_request(self._note)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._description)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        return app

    def _note(self) -> Response | None:
        self.asked.append(request.path)
        return Response("oops", 500) if request.path == self.breaks_at else None

    def _description(self) -> Response:
        return jsonify(
            issuer=self.says_issuer or self.issuer,
            authorization_endpoint=f"{self.issuer}/authorize",
            token_endpoint=f"{self.issuer}/token",
            jwks_uri=f"{self.issuer}/keys",
        )

    def _authorize(self) -> Any:
        """Nobody has to type anything here: straight back with a code."""
        assert request.args["response_type"] == "code"
        assert request.args["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = request.args.to_dict()
        back = {"code": code, "state": request.args["state"]}
        return redirect(request.args["redirect_uri"] + "?" + urlencode(back))

    def _token(self) -> Response | tuple[Response, int]:
        known = request.authorization
        assert known
        assert (known.username, known.password) == (CLIENT_ID, CLIENT_SECRET)
        asked = self._codes.pop(request.form["code"], None)
        challenge = unpadded(hashlib.sha256(request.form["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != challenge:
            return jsonify(error="invalid_grant"), 400
        if self.token_text:
            return Response(self.token_text, mimetype="application/json")
        return jsonify(access_token="a", token_type="Bearer", id_token=self._signed(asked["nonce"]))

    def _signed(self, nonce: str) -> str:
        now = int(self.clock.now().timestamp())
        told = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
        }
        told |= self.person | self.claims
        told = {name: value for name, value in told.items() if name not in self.left_out}
        if self.header["alg"] == "none":
            parts = [unpadded(json.dumps(part).encode()) for part in (self.header, told)]
            return ".".join([*parts, ""])
        return jwt.encode(self.header, told, self.signs_with, algorithms=[self.header["alg"]])

    def _keys(self) -> Response:
        return jsonify(keys=[KEY.as_dict(private=False)])


class Quiet(WSGIRequestHandler):
    def log(self, *_args, **_kwargs):
        pass


@contextmanager
def open_provider(provider: Provider) -> Iterator[Provider]:
    server = make_server(
        "127.0.0.1", 0, provider.application(), threaded=True, request_handler=Quiet
    )
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
