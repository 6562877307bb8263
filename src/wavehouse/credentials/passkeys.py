"""WebAuthn, using the ``webauthn`` library: options and responses (AC3)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wavehouse.kernel.errors import InvalidInput, NotSignedIn

CHALLENGE_BYTES = 32
SHORTEST_ID, LONGEST_ID = 16, 1_023


class RelyingParty(Protocol):
    """The site a passkey belongs to."""

    @property
    def origin(self) -> str:
        """Its address without a path: ``https://pod.example``."""

    @property
    def name(self) -> str:
        """Its host name, the id of the relying party."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey as created by its authenticator (AC3)."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]


def creation_options(
    site: RelyingParty, *, challenge: bytes, user_id: bytes, email: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """Options for ``navigator.credentials.create``: user verification, discoverable."""
    import webauthn
    from webauthn.helpers import structs

    made = webauthn.generate_registration_options(
        rp_id=site.name,
        rp_name="Wavehouse",
        user_name=email,
        user_id=user_id,
        challenge=challenge,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=each) for each in known],
    )
    options: dict[str, Any] = json.loads(webauthn.options_to_json(made))
    return options


def request_options(site: RelyingParty, *, challenge: bytes) -> dict[str, Any]:
    """Options for ``navigator.credentials.get``; they list no passkeys (AC8)."""
    import webauthn
    from webauthn.helpers import structs

    made = webauthn.generate_authentication_options(
        rp_id=site.name,
        challenge=challenge,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    options: dict[str, Any] = json.loads(webauthn.options_to_json(made))
    return options


def challenge_of(credential: Mapping[str, Any]) -> bytes:
    """The challenge that a response claims to sign. InvalidInput when it has none."""
    from webauthn.helpers import base64url_to_bytes

    try:
        client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
        return base64url_to_bytes(client_data["challenge"])
    except Exception:  # untrusted bytes may raise anything in the parsers
        raise InvalidInput("invalid response from the authenticator") from None


def id_of(credential: Mapping[str, Any]) -> bytes:
    """The passkey id in a response. InvalidInput when it has none."""
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(credential["id"])
    except Exception:
        raise InvalidInput("invalid response from the authenticator") from None


def registered(
    site: RelyingParty, *, challenge: bytes, credential: Mapping[str, Any]
) -> NewPasskey:
    """Verify a registration: origin, relying party, challenge and user verification.

    InvalidInput for everything else; the library's reason is not shown.
    """
    import webauthn
    from webauthn.helpers import parse_registration_credential_json

    try:
        parsed = parse_registration_credential_json(dict(credential))
        verified = webauthn.verify_registration_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception:
        raise InvalidInput("the response does not match the challenge") from None
    if not SHORTEST_ID <= len(verified.credential_id) <= LONGEST_ID:
        raise InvalidInput("the passkey's id is too short or too long")
    transports = tuple(str(each.value) for each in parsed.response.transports or ())
    return NewPasskey(
        verified.credential_id, verified.credential_public_key, verified.sign_count, transports
    )


def asserted(
    site: RelyingParty,
    *,
    challenge: bytes,
    public_key: bytes,
    owner: bytes,
    credential: Mapping[str, Any],
) -> int:
    """Verify a signed response: signature, origin, party, challenge; returns its counter.

    ``owner`` is the id that the passkey was made for. The caller checks the counter, since a
    decrease must be recorded. NotSignedIn for any other failure.
    """
    import webauthn
    from webauthn.helpers import parse_authentication_credential_json

    try:
        parsed = parse_authentication_credential_json(dict(credential))
        verified = webauthn.verify_authentication_response(
            credential=parsed,
            expected_challenge=challenge,
            expected_rp_id=site.name,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:
        raise NotSignedIn("invalid passkey") from None
    handle = parsed.response.user_handle
    if handle and handle != owner:
        raise NotSignedIn("invalid passkey")
    return verified.new_sign_count


def as_text(credential_id: bytes) -> str:
    """An id in the clients' encoding: base64url without padding."""
    from webauthn.helpers import bytes_to_base64url

    return bytes_to_base64url(credential_id)
