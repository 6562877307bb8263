"""Emails: two parts from one template, a real mail server, the outbox and its page."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTPAuthenticationError, SMTPNotSupportedError
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.testclient import TestClient
from tests.emails import text_of

from wavehouse import accounts
from wavehouse.kernel import clock
from wavehouse.kernel.config import load
from wavehouse.mail import Mail, Outbox, Smtp, email_message, html_of, mail_of, stored_emails
from wavehouse.web.live import live_app
from wavehouse.workspace import Workspace

LINK = "https://pod.example/listener/sign-in?token=" + "x" * 43
TEXT = f"This link signs you in once:\n\n{LINK}\n"


class Mailbox:
    """Keeps the messages sent to a mail server, and the received password."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.secured: list[bool] = []

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store a message."""
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        self.secured.append(session.ssl is not None)
        return "250 OK"


def _authenticated(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
    is_right = (data.login, data.password) == (b"wave", b"s3cret")
    return AuthResult(success=is_right, handled=is_right)  # the server answers a refusal


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost that OpenSSL trusts in this test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = clock.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "cert.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = tmp_path / "key.pem"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context


@pytest.fixture
def mailbox() -> Mailbox:
    """The received messages."""
    return Mailbox()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _running(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    port = _free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


@pytest.fixture
def starttls(mailbox: Mailbox, certificate: ssl.SSLContext) -> Iterator[int]:
    """The port of a server that requires STARTTLS and a password."""
    yield from _running(
        mailbox,
        tls_context=certificate,
        require_starttls=True,
        auth_required=True,
        authenticator=_authenticated,
    )


@pytest.fixture
def implicit(mailbox: Mailbox, certificate: ssl.SSLContext) -> Iterator[int]:
    """The port of a server that speaks TLS from the first byte."""
    yield from _running(mailbox, ssl_context=certificate)


@pytest.fixture
def plain(mailbox: Mailbox) -> Iterator[int]:
    """The port of a server without TLS."""
    yield from _running(mailbox)


def _mail(port: int, security: str, password: str = "") -> Mail:
    settings = {
        "smtp_host": "localhost",
        "smtp_port": port,
        "smtp_security": security,
        "smtp_user": "wave" if password else None,
        "smtp_password": password or None,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    return mail_of(load(given, environment={}), domain="pod.example")


def test_a_mail_server_gets_both_parts_by_starttls_with_a_password(
    mailbox: Mailbox, starttls: int
) -> None:
    """The site's sender, text first, HTML second, the whole link in both."""
    _mail(starttls, "starttls", "s3cret").send(to="a@example.org", subject="Sign in", text=TEXT)
    (message,) = mailbox.messages

    assert [True] == mailbox.secured
    assert ("wavehouse@pod.example", "a@example.org") == (message["From"], message["To"])
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in message.iter_parts()]
    assert TEXT == text_of(message).replace("\r\n", "\n")
    assert f'href="{LINK}"' in str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]


def test_tls_from_the_first_byte(mailbox: Mailbox, implicit: int) -> None:
    """Most providers do so on port 465."""
    _mail(implicit, "tls").send(to="a@example.org", subject="Hello", text="Hello.")

    assert 1 == len(mailbox.messages)


def test_a_wrong_password_sends_nothing(mailbox: Mailbox, starttls: int) -> None:
    """The server's refusal is raised as an error."""
    with pytest.raises(SMTPAuthenticationError):
        _mail(starttls, "starttls", "wrong").send(to="a@example.org", subject="x", text="x")

    assert [] == mailbox.messages


def test_a_server_without_tls_gets_no_email_when_tls_is_wanted(
    mailbox: Mailbox, plain: int
) -> None:
    """No silent fallback to an unencrypted connection; ``none`` selects it explicitly."""
    with pytest.raises(SMTPNotSupportedError):
        _mail(plain, "starttls").send(to="a@example.org", subject="x", text="x")
    _mail(plain, "none").send(to="a@example.org", subject="x", text="Grüße")

    assert ["Grüße"] == [text_of(message).strip() for message in mailbox.messages]


def test_a_certificate_that_is_not_trusted_is_refused(
    mailbox: Mailbox, implicit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server in the middle cannot read the email."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ssl.SSLCertVerificationError):
        _mail(implicit, "tls").send(to="a@example.org", subject="x", text="x")

    assert [] == mailbox.messages


def test_the_html_says_what_the_text_says_and_escapes_it() -> None:
    """A link on its own line is a button, others are links, markup is escaped."""
    text = f"Hello <b>\nsecond line\n\n{LINK}\n\nSee https://a.example/x?a=1&b=2, or not."
    html = html_of(subject="<Hi>", text=text)

    assert "<title>&lt;Hi&gt;</title>" in html
    assert "Hello &lt;b&gt;<br>\nsecond line</p>" in html
    assert f'<a href="{LINK}" style="background' in html
    assert '<a href="https://a.example/x?a=1&amp;b=2">https' in html
    assert "&amp;b=2</a>, or" in html


def test_a_subject_cannot_add_a_header() -> None:
    """The message refuses a line break in a subject or an address."""
    for wrong in ({"subject": "a\nBcc: b@example.org"}, {"to": "a@example.org\nBcc: b@x.org"}):
        given = {"to": "a@example.org", "subject": "a", "text": "t"} | wrong
        with pytest.raises(ValueError, match=r"linefeed|CR or LF"):
            email_message(**given)


def test_the_outbox_keeps_emails_that_only_the_account_reads(tmp_path: Path) -> None:
    """Files of mode 0600, newest first, with both parts readable; deleted by address."""
    outbox = Outbox(tmp_path / "outbox")
    outbox.send(to="a@example.org", subject="One", text="First.")
    outbox.send(to="b@example.org", subject="Two", text=TEXT)
    found = stored_emails(outbox.folder)

    assert ["Two", "One"] == [email.subject for email in found]
    assert TEXT == found[0].text
    assert LINK in found[0].html
    assert {0o600} == {path.stat().st_mode & 0o777 for path in outbox.folder.iterdir()}
    assert 1 == outbox.forget(to="B@example.org")
    assert ["One"] == [email.subject for email in stored_emails(outbox.folder)]


def _browser(workspace: Workspace) -> TestClient:
    browser = TestClient(live_app(workspace), base_url="http://localhost:8420")
    with workspace.stores.operational.worker() as tx:
        link = accounts.create_login_link(tx, identity=workspace.identity)
        session = accounts.sign_in(tx, token=link.token)
    browser.cookies.set("wh_session", session.token)
    return browser


def test_the_administrator_previews_emails_in_the_browser(workspace: Workspace) -> None:
    """The list with the text, the HTML in a sandbox; strangers get nothing."""
    Outbox(workspace.settings.home / "outbox").send(to="a@x.org", subject="Sign in", text=TEXT)
    (email,) = stored_emails(workspace.settings.home / "outbox")
    browser = _browser(workspace)
    listed = browser.get("/outbox")
    read = browser.get(f"/outbox/{email.name}")
    browser.cookies.clear()

    assert (200, 200) == (listed.status_code, read.status_code)
    assert "Sign in" in listed.text
    assert LINK in read.text
    assert "sandbox" in read.headers["Content-Security-Policy"]
    assert 200 != browser.get(f"/outbox/{email.name}", follow_redirects=False).status_code


def test_there_is_no_outbox_beside_a_mail_server(workspace: Workspace) -> None:
    """The page is for installations without a mail server."""
    settings = load(
        {"smtp_host": "mail.example", "home": str(workspace.settings.home)}, environment={}
    )
    served = Workspace(settings, workspace.stores, workspace.organization, workspace.identity)

    assert isinstance(mail_of(settings, domain="x"), Smtp)
    assert 404 == _browser(served).get("/outbox").status_code
