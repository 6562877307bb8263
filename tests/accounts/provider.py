"""A small OpenID Connect provider over HTTP: it signs ID tokens and can be made to misbehave."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import RSAKey

from wavehouse.kernel import clock

CLIENT, SECRET = "wavehouse", "a secret & a colon:"


@dataclass
class TestProvider:
    """``claims`` are added to the next ID token; ``algorithm`` and ``key`` sign it."""

    __test__ = False

    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    published: list[RSAKey] = field(default_factory=list)
    signing: Any = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key_reads: int = 0
    refusals: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.published = self.published or [self.key]
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*provider.read(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer(*provider.exchange(body, self.headers.get("Authorization", "")))

            def _answer(self, status: int, document: Any) -> None:
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *args: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        """Stop the server."""
        self._server.shutdown()
        self._server.server_close()

    def read(self, path: str) -> tuple[int, Any]:
        """The provider's configuration and its public keys."""
        if path == "/.well-known/openid-configuration":
            return 200, {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        if path == "/keys":
            self.key_reads += 1
            return 200, {"keys": [key.as_dict(private=False) for key in self.published]}
        return 404, {}

    def person_signs_in(self, address: str) -> dict[str, str]:
        """The URL to which the browser returns after signing in."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"state": asked["state"], "code": code}

    def exchange(self, body: str, authorization: str) -> tuple[int, Any]:
        """Exchange a code for tokens, once, with the client's credentials and verifier (PKCE)."""
        sent = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(sent.get("code", ""), None)
        pair = urlencode({"": CLIENT})[1:] + ":" + urlencode({"": SECRET}).replace("+", "%20")[1:]
        for fault, is_wrong in (
            ("code", asked is None),
            ("client", authorization != f"Basic {b64encode(pair.encode()).decode()}"),
            ("redirect", asked is not None and asked["redirect_uri"] != sent.get("redirect_uri")),
            (
                "verifier",
                asked is not None
                and asked["code_challenge"]
                != create_s256_code_challenge(sent.get("code_verifier", "")),
            ),
        ):
            if is_wrong:
                self.refusals.append(fault)
                return 400, {"error": "invalid_grant"}
        assert asked is not None
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self._token(asked)}

    def _token(self, asked: dict[str, str]) -> str:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "person-1",
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            "email": "bo@members.example",
            "email_verified": True,
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.key.kid}
        if self.algorithm == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            return ".".join(_text(part) for part in parts) + "."
        return jwt.encode(header, claims, self.signing or self.key, algorithms=[self.algorithm])


def _text(content: bytes) -> str:
    from base64 import urlsafe_b64encode

    return urlsafe_b64encode(content).rstrip(b"=").decode()
