"""An OpenID Connect provider: its endpoints, its keys, and verifying its ID tokens.

The code flow with PKCE, state and nonce. Authlib checks the claims, joserfc the signatures, and
every request goes through the guarded client: one deadline, bounded responses, no redirects.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from wavehouse.kernel import clock
from wavehouse.kernel.config import Settings
from wavehouse.kernel.errors import NotFound, NotSignedIn, Unreachable, WavehouseError

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Asymmetric ones only: ``none`` and a signature by the client's secret are refused."""
_LARGEST, _SECONDS, _LEEWAY = 512 * 1024, 10.0, 60
_KEPT = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verified:
    """The provider's claims about the person who signed in, after every check."""

    issuer: str
    subject: str
    email: str
    email_is_verified: bool


@dataclass(slots=True)
class _Kept:
    document: dict[str, Any]
    at: datetime


class Provider:
    """The provider of the settings ``oidc_issuer``, ``oidc_client_id``, ``oidc_client_secret``."""

    def __init__(
        self, *, issuer: str, client_id: str, client_secret: str, allow_private: bool = False
    ) -> None:
        from wavehouse.fetching import Limits, Web

        self.issuer = issuer.rstrip("/")
        self._client_id, self._client_secret = client_id, client_secret
        self._kept: dict[str, _Kept] = {}
        self._web = Web(
            allow_private=allow_private,
            limits=Limits(largest=_LARGEST, seconds=_SECONDS, patience=_SECONDS, redirects=0),
            hint="The operator allows private addresses with WAVEHOUSE_OIDC_ALLOW_PRIVATE.",
        )

    @classmethod
    def of(cls, settings: Settings) -> Provider:
        """The configured provider. NotFound when there is none."""
        if not settings["oidc_issuer"] or not settings["oidc_client_id"]:
            raise NotFound("no sign-in provider is configured")
        return cls(
            issuer=settings["oidc_issuer"],
            client_id=settings["oidc_client_id"],
            client_secret=settings["oidc_client_secret"] or "",
            allow_private=settings["oidc_allow_private"],
        )

    def begin_address(self, *, redirect: str, state: str, nonce: str, verifier: str) -> str:
        """The address where the browser signs in.

        Unreachable when the provider does not respond.
        """
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": redirect,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = str(self._discovered()["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}"

    def verified(self, *, code: str, redirect: str, verifier: str, nonce: str) -> Verified:
        """Exchange a code and check the ID token. NotSignedIn when anything is invalid."""
        tokens = self._tokens(code, redirect, verifier)
        claims = self._claims(str(tokens.get("id_token", "")), nonce, tokens.get("access_token"))
        return Verified(
            self.issuer,
            str(claims["sub"]),
            str(claims.get("email", "")),
            claims.get("email_verified") is True,
        )

    def _tokens(self, code: str, redirect: str, verifier: str) -> dict[str, Any]:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": verifier,
            "client_id": self._client_id,
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        if self._client_secret:  # client_secret_basic: both parts are form-encoded first
            pair = f"{quote(self._client_id, safe='')}:{quote(self._client_secret, safe='')}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        address = str(self._discovered()["token_endpoint"])
        with self._web.post(address, urlencode(body).encode(), headers) as answer:
            status, content = answer.response.status_code, self._web.body(answer)
        if status != 200:
            raise NotSignedIn("the provider refused the sign-in", hint="Start again.")
        return _object(content)

    def _claims(self, token: str, nonce: str, access_token: Any) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
        for again in (False, True):
            try:
                keys = KeySet.import_key_set(self._keys(again=again))  # type: ignore[arg-type]
                decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
                claims = CodeIDToken(decoded.claims, decoded.header, options, params)
                claims.validate(now=int(clock.now().timestamp()), leeway=_LEEWAY)
                return dict(claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                # An unknown key may be new: fetch the keys once more.
                if again or not self._has_new_keys(token):
                    raise NotSignedIn(
                        f"invalid token from the provider: {type(error).__name__}",
                        hint="Start again.",
                    ) from None
        raise AssertionError  # pragma: no cover - the loop returns or raises

    def _has_new_keys(self, token: str) -> bool:
        """Whether the token names a key that is not cached."""
        from joserfc.errors import JoseError
        from joserfc.jws import extract_compact

        try:
            wanted = extract_compact(token.encode()).headers().get("kid")
        except (JoseError, ValueError):
            return False
        known = {key.get("kid") for key in self._keys().get("keys", [])}
        return wanted is not None and wanted not in known

    def _keys(self, *, again: bool = False) -> dict[str, Any]:
        return self._read(str(self._discovered()["jwks_uri"]), again=again)

    def _discovered(self) -> dict[str, Any]:
        document = self._read(f"{self.issuer}/.well-known/openid-configuration")
        if str(document.get("issuer", "")).rstrip("/") != self.issuer:
            raise Unreachable(
                "the provider's configuration names a different issuer",
                hint="Check the setting oidc_issuer.",
            )
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(document.get(name), str):
                raise Unreachable(f"the provider's configuration has no {name}")
        return document

    def _read(self, address: str, *, again: bool = False) -> dict[str, Any]:
        kept, now = self._kept.get(address), clock.now()
        if kept is not None and not again and now - kept.at < _KEPT:
            return kept.document
        try:
            with self._web.get(address, {"Accept": "application/json"}) as answer:
                status, content = answer.response.status_code, self._web.body(answer)
        except WavehouseError as error:
            raise Unreachable("the provider does not respond", where=error.where) from error
        if status != 200:
            raise Unreachable(f"the provider responded with status {status}", where=address)
        document = _object(content)
        self._kept[address] = _Kept(document, now)
        return document


@dataclass(frozen=True, slots=True)
class Begun:
    """The secrets of a sign-in that has begun: state, nonce and PKCE verifier."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise Unreachable("the provider's response is not a JSON object")
    return document
