"""A real mail server on 127.0.0.1 that keeps what it is sent, or answers as it is told."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import subprocess
import threading
from collections import defaultdict
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.conftest import free_port

OK = "250 OK"


class Sink:
    """`mails` are those that were taken, `raw` the same as they came.

    `rcpt` (by recipient) and `data` are answers to give first, `pause` seconds to wait before each mail is taken,
    `hold` keeps it for ever; `reached` is set when one has arrived.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.rcpt: dict[str, list[str]] = defaultdict(list)
        self.data: list[str] = []
        self.connections = 0
        self.encrypted: list[bool] = []
        self.logins: list[tuple[str, str]] = []
        self.pause = 0.0
        self.hold = False
        self.reached = threading.Event()
        self.url = ""

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.rcpt[address]:
            answer = self.rcpt[address].pop(0)
            if not answer.startswith("250"):
                return answer
        envelope.rcpt_tos.append(address)
        return OK

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.reached.set()
        while self.hold:
            await asyncio.sleep(0.05)
        await asyncio.sleep(self.pause)
        answer = self.data.pop(0) if self.data else OK
        if answer.startswith("250"):
            raw = envelope.content
            assert isinstance(raw, bytes)
            found = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
            assert isinstance(found, EmailMessage)
            self.mails.append(found)
            self.raw.append(raw)
            self.encrypted.append(bool(session.ssl))
        return answer

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        """Whoever says `relais@example.org` and `p@ss:word` gets in."""
        given = (data.login.decode(), data.password.decode())
        self.logins.append(given)
        return AuthResult(success=given == ("relais@example.org", "p@ss:word"), handled=False)

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to somebody."""
        return [mail for mail in self.mails if address in mail["To"]]


@contextlib.contextmanager
def listening(sink: Sink, scheme: str = "smtp", login: str = "", **options: Any) -> Iterator[Sink]:
    """The sink listens, `sink.url` is its address."""
    port = free_port()
    if login:
        options |= {"authenticator": sink.log_in, "auth_required": True}
    controller = Controller(sink, hostname="127.0.0.1", port=port, ready_timeout=30, **options)
    controller.start()
    sink.url = f"{scheme}://{login}127.0.0.1:{port}"
    try:
        yield sink
    finally:
        sink.hold = False
        controller.stop()


def certificate(folder: Path) -> ssl.SSLContext:
    """What a server needs for TLS, signed by nobody that one would trust."""
    key, signed = folder / "key.pem", folder / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=mail.example",
    ]
    subprocess.run([*made, "-keyout", key, "-out", signed], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed, key)
    return context
