"""The guide's nginx in front of the application: TLS, addresses, limits, events."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.serving import served

from wavehouse.kernel import config
from wavehouse.web import Site, live_app
from wavehouse.workspace import Workspace

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "behind-a-proxy.md"


@pytest.fixture(scope="module")
def nginx() -> str:
    """The program. Without it the test is skipped, with the way to install it."""
    found = subprocess.run(
        [str(ROOT / "scripts" / "find_nginx")], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(found.stderr.strip())
    return found.stdout.strip()


def certificate(folder: Path) -> None:
    """A self-signed certificate of localhost, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name)
        .public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    (folder / "pod.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "pod.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def configured(folder: Path, upstream: str, port: int) -> Path:
    """The guide's server block with this test's ports and files, otherwise unchanged."""
    block = GUIDE.read_text(encoding="utf-8").partition("## nginx")[2]
    server = block.partition("```\n")[2].partition("```")[0]
    for said, here in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("/etc/ssl/pod.example.pem", str(folder / "pod.pem")),
        ("/etc/ssl/pod.example.key", str(folder / "pod.key")),
        ("http://127.0.0.1:8420", upstream),
    ):
        assert said in server
        server = server.replace(said, here)
    parts = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{part}_temp_path {folder}/{part};" for part in parts)
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\n"
        f"error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\n{server}\n}}\n"
    )
    return file


@pytest.fixture(scope="module")
def proxied(
    nginx: str, shared_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx2.Client]:
    """A client of https://pod.example, which is nginx in front of the application."""
    folder = tmp_path_factory.mktemp("nginx")
    certificate(folder)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = config.load(
        {"home": str(shared_workspace.settings.home)},
        environment={
            "WAVEHOUSE_SITE_URL": "https://pod.example",
            "WAVEHOUSE_TRUSTED_PROXIES": "127.0.0.1",
        },
    )
    with shared_workspace.stores.listeners.worker() as tx:
        tx.execute("DELETE FROM listeners.rate_limits")
    site = Site(hosts=frozenset({"pod.example"}), secure=True, netloc="pod.example")
    with served(live_app(replace(shared_workspace, settings=settings), site=site)) as url:
        file = configured(folder, url, port)
        running = subprocess.Popen([nginx, "-c", str(file), "-p", str(folder)])
        try:
            _wait(port, folder)
            context = ssl.create_default_context(cafile=str(folder / "pod.pem"))
            with httpx2.Client(
                base_url=f"https://localhost:{port}",
                headers={"Host": "pod.example"},
                verify=context,
                timeout=30,
            ) as client:
                yield client
        finally:
            running.terminate()
            running.wait(10)
            shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, folder: Path) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    log = folder / "error.log"
    pytest.fail(f"nginx did not start: {log.read_text() if log.exists() else 'no log'}")


def test_the_login_flow_names_the_address_of_the_site(proxied: httpx2.Client) -> None:
    """App passwords are sent encrypted: every address begins with https://pod.example/."""
    answer = proxied.post("/index.php/login/v2")
    flow = answer.json()
    assert 200 == answer.status_code, flow

    assert flow["login"].startswith("https://pod.example/index.php/login/v2/flow/")
    assert "https://pod.example/index.php/login/v2/poll" == flow["poll"]["endpoint"]


def test_a_client_of_gpodder_syncs_through_it_and_its_cookie_is_for_https(
    proxied: httpx2.Client, phone: Any
) -> None:
    """Signing in, uploading and reading; the cookie is Secure."""
    signed = proxied.post(f"/api/2/auth/{phone.username}/login.json", auth=phone.auth)
    assert 200 == signed.status_code
    assert re.search(r";\s*secure", signed.headers["set-cookie"], re.IGNORECASE)
    url = f"/api/2/episodes/{phone.username}.json"
    action = {"podcast": "https://f.example/1.xml", "episode": "https://m.example/1.mp3",
              "device": "phone", "action": "play", "started": 0, "position": 61,
              "total": 600}  # fmt: skip
    assert 200 == proxied.post(url, json=[action], auth=phone.auth).status_code
    (stored,) = proxied.get(url, params={"since": 0}, auth=phone.auth).json()["actions"]
    assert 61 == stored["position"]


def test_limits_are_of_the_forwarded_address_and_say_when_to_come_back(
    proxied: httpx2.Client,
) -> None:
    """One visitor's limit does not affect another's, although all come from nginx."""

    def sign_in(address: str) -> httpx2.Response:
        return proxied.post(
            "/api/2/auth/nobody@example.org/login.json",
            auth=(f"nobody{address}@example.org", "wrong"),
            headers={"X-Forwarded-For": address},
        )

    answers = [sign_in("203.0.113.77") for _ in range(60)]
    limited = next(answer for answer in answers if answer.status_code == 429)

    assert int(limited.headers["Retry-After"]) >= 1
    assert 401 == sign_in("203.0.113.78").status_code
