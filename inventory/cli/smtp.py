"""Mails over SMTP: what goes over the wire, and whose fault it is when it does not."""

import smtplib
import ssl
from contextlib import suppress
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from ipaddress import ip_address
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from inventory.services.outbox import Claimed

TIMEOUT = 30
"""Seconds that the server may take for each answer."""


class Unreachable(Exception):
    """The server does not answer, or lets us send nothing at all: no mail's fault. One line for the operator."""


class Refused(Exception):
    """The server does not take this mail; `permanent` where it would not take it later either."""

    def __init__(self, text: str, *, permanent: bool) -> None:
        super().__init__(text)
        self.permanent = permanent


class _Policy(EmailPolicy):
    """Lines as SMTP wants them, 7-bit whatever the text, and addresses in angle brackets left in one piece.

    The library folds a long address in a header by encoding it as a word, which no mail program undoes.
    """

    WHOLE = frozenset({"list-unsubscribe", "message-id"})

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name.lower() in self.WHOLE else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in self.WHOLE:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


POLICY = _Policy(linesep="\r\n", cte_type="7bit")


def compose(mail: Claimed, sender: Address) -> EmailMessage:
    """The message as it is sent. Raises ValueError for what may not stand in a header."""
    message = EmailMessage(policy=POLICY)
    message["From"] = sender
    message["To"] = _recipient(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{mail.unsubscribe_url}>"
        if mail.unsubscribe_url.startswith("https://"):  # RFC 8058 wants no other
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    message["Content-Language"] = mail.language  # last: setting the content takes such headers away
    return message


def _recipient(address: str) -> Address:
    """The address, its host in ASCII where it is not."""
    if not address.isascii():
        with suppress(EmailNotValidError):
            found = validate_email(address, check_deliverability=False)
            return Address(username=found.local_part, domain=found.ascii_domain)
    user, _, host = address.rpartition("@")
    return Address(username=user, domain=host)


class Postman:
    """One connection to the server, opened when the first mail is sent and kept while the server keeps it."""

    def __init__(self, url: str, sender: Address, own_host: str) -> None:
        self._url, self._sender, self._own_host = urlsplit(url), sender, own_host
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "Postman":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Take leave of the server."""
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._server.quit()
            self._server.close()
            self._server = None

    def send(self, mail: Claimed) -> None:
        """Hand a mail over. Raises Unreachable or Refused."""
        try:
            message = compose(mail, self._sender)
        except (ValueError, IndexError, MessageError) as error:
            raise Refused(f"this mail cannot be written: {error}", permanent=True) from None
        server = self._connected()
        try:
            server.send_message(
                message, from_addr=self._sender.addr_spec, to_addrs=[message["To"].addresses[0].addr_spec]
            )
        except smtplib.SMTPSenderRefused as error:
            raise Unreachable(
                f"the mail server takes nothing from {self._sender.addr_spec}: {_said(error)}"
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise Refused(_line(code, text), permanent=500 <= code < 600) from None
        except smtplib.SMTPResponseException as error:
            raise Refused(_said(error), permanent=500 <= error.smtp_code < 600) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            raise Refused(f"the mail server does not take such an address: {error}", permanent=True) from None
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Refused(f"the connection broke: {_why(error)}", permanent=False) from None

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            with suppress(smtplib.SMTPException, OSError):
                if self._server.noop()[0] == 250:
                    return self._server
            self.close()
        where = f"{self._url.hostname}:{self._port}"
        try:
            self._server = self._open()
        except smtplib.SMTPAuthenticationError as error:
            raise Unreachable(
                f"{where} does not accept the user and password of SMTP_URL: {_said(error)}"
            ) from None
        except smtplib.SMTPResponseException as error:
            raise Unreachable(f"{where} refuses: {_said(error)}") from None
        except UnicodeError:
            raise Unreachable("the user and password of SMTP_URL must be ASCII for this server") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{where} cannot be reached: {_why(error)}") from None
        return self._server

    @property
    def _port(self) -> int:
        if self._url.port is not None:
            return self._url.port
        if self._url.scheme == "smtps":
            return smtplib.SMTP_SSL_PORT
        return 587 if self._url.username else smtplib.SMTP_PORT

    def _open(self) -> smtplib.SMTP:
        host, user = self._url.hostname or "", unquote(self._url.username or "")
        here = _is_here(host)
        context = ssl.create_default_context()
        if here:  # a certificate that fits the name of this very machine is rare, and nothing leaves it
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if self._url.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                host, self._port, self._own_host, timeout=TIMEOUT, context=context
            )
        else:
            server = smtplib.SMTP(host, self._port, self._own_host, timeout=TIMEOUT)
        try:
            server.ehlo_or_helo_if_needed()
            safe = self._url.scheme == "smtps"
            if not safe and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
                safe = True
            if user and not safe and not here:
                raise smtplib.SMTPException(
                    "it offers no encryption, and a password is not sent in the clear: use smtps://"
                )
            if user:
                server.login(user, unquote(self._url.password or ""))
        except BaseException:
            server.close()
            raise
        return server


def _is_here(host: str) -> bool:
    """Whether a server is on this machine."""
    with suppress(ValueError):
        return ip_address(host).is_loopback
    return host == "localhost"


def _said(error: smtplib.SMTPResponseException) -> str:
    return _line(error.smtp_code, error.smtp_error)


def _line(code: int, text: bytes | str) -> str:
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"{code} {' '.join(told.split())}".strip()


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT} seconds"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
