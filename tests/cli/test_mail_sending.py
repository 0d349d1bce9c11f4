"""What is in the outbox is sent over SMTP: once, again where it was refused, never lost."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from inventory import clock
from inventory.cli import smtp
from inventory.cli.mail import send_due
from inventory.db import atomically, db
from inventory.models import Mail
from inventory.services import outbox
from inventory.services.outbox import CLAIM, Letter
from tests.cli.sink import Sink, certificate, listening
from tests.conftest import free_port

# What is dangerous for a mail server in the world is not for one in a test.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")

ADDRESS = "amina@example.org"
LINK = "https://relais.example.org/a/rather/long/path/of/an/organisation/mail/unsubscribe/" + "k" * 32


@pytest.fixture
def sink():
    with listening(Sink()) as found:
        yield found


def put(key: str = "one", **more) -> None:
    given = {
        "kind": "test",
        "recipient": ADDRESS,
        "language": "en",
        "subject": "News",
        "text": "Hello",
        "html": "<p>Hello",
    }
    letter = Letter(key, **(given | more))
    assert atomically(lambda s: outbox.write(s, letter, "relais.example.org"))


def mail(key: str = "one") -> Mail:
    db.session.expire_all()
    return db.session.scalars(select(Mail).where(Mail.key == key)).one()


def test_a_mail_as_it_goes_over_the_wire(session, sink):
    put(
        subject="صيدلية: ٣ " + "تنبيهات " * 30,
        text="سلام\n" + "x" * 2000,
        html="<p dir=rtl>سلام",
        language="ar",
        unsubscribe_url=LINK,
    )
    assert send_due(sink.url).sent == 1
    (got,) = sink.mails
    assert got["From"] == "Relais <relais@localhost>"
    assert got["To"] == ADDRESS
    assert got["Subject"].startswith("صيدلية: ٣ تنبيهات تنبيهات")
    assert got["Message-ID"] == mail().message_id
    assert got["Date"].datetime == mail().created_at.replace(microsecond=0)
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Content-Language"] == "ar"
    assert got["List-Unsubscribe"] == f"<{LINK}>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got.get_body(("plain",)).get_content().startswith("سلام\r\nxxx")
    assert "سلام" in got.get_body(("html",)).get_content()
    (raw,) = sink.raw
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) < 998
    assert f"List-Unsubscribe: <{LINK}>\r\n".encode() in raw
    assert send_due(sink.url).sent == 0
    assert len(sink.mails) == 1


def test_one_click_is_offered_over_https_alone(session, sink):
    put(unsubscribe_url="http://localhost/mail/unsubscribe/key")
    send_due(sink.url)
    assert sink.mails[0]["List-Unsubscribe-Post"] is None
    assert sink.mails[0]["List-Unsubscribe"] is not None


@pytest.mark.parametrize("answer", ["451 4.3.0 later", "421 4.3.2 closing", "452 4.2.2 full"])
@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_refused_for_now_then_taken(session, sink, answer, at):
    put()
    if at == "rcpt":
        sink.rcpt[ADDRESS] = [answer]
    else:
        sink.data = [answer]
    outcome = send_due(sink.url)
    assert (outcome.sent, outcome.later, outcome.given_up, outcome.trouble) == (0, 1, 0, None)
    assert mail().last_error == answer
    assert send_due(sink.url).sent == 0  # not at once
    with clock.pretend(clock.now() + timedelta(minutes=2)):
        assert send_due(sink.url).sent == 1
    found = mail()
    assert (found.attempts, found.last_error, found.sent_at is None) == (2, None, False)
    assert [each["Message-ID"] for each in sink.mails] == [found.message_id]


@pytest.mark.parametrize("at", ["rcpt", "data"])
def test_refused_for_good_keeps_no_other_from_going(session, sink, at):
    for key in ("one", "two"):
        put(key, recipient=f"{key}@example.org")
    if at == "rcpt":
        sink.rcpt["one@example.org"] = ["550 5.1.1 no such user"]
    else:
        sink.data = ["554 5.7.1 no such user"]
    outcome = send_due(sink.url)
    assert (outcome.sent, outcome.later, outcome.given_up) == (1, 0, 1)
    assert "no such user" in mail().last_error
    assert mail().given_up_at is not None
    with clock.pretend(clock.now() + timedelta(days=30)):
        assert send_due(sink.url).sent == 0
    assert len(sink.mails) == 1


def test_nobody_listens(session):
    for key in ("one", "two"):
        put(key)
    url = f"smtp://127.0.0.1:{free_port()}"
    for _ in range(20):
        outcome = send_due(url)
        assert outcome.trouble.endswith("Connection refused")
    for key in ("one", "two"):
        assert (mail(key).attempts, mail(key).given_up_at, mail(key).claimed_until) == (0, None, None)
    with listening(Sink()) as sink:
        assert send_due(sink.url).sent == 2


@pytest.mark.parametrize("name", ["no-such-host.invalid", "[::1]"])
def test_no_such_server(session, name):
    put()
    assert "cannot be reached" in send_due(f"smtp://{name}:{free_port()}").trouble


def test_a_server_that_says_nothing(session, monkeypatch):
    import socket

    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    put()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        told = send_due(f"smtp://127.0.0.1:{silent.getsockname()[1]}").trouble
    assert told.endswith("timed out")
    assert mail().attempts == 0


def test_a_server_that_hangs_up_in_the_middle(session, sink, monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.5)
    put()
    sink.hold = True
    outcome = send_due(sink.url)
    sink.hold = False
    assert (outcome.later, outcome.trouble) == (1, None)
    assert "connection broke" in mail().last_error


def test_a_server_that_takes_a_few_mails_per_connection(session, sink, monkeypatch):
    from aiosmtpd.smtp import SMTP

    for number in range(5):
        put(str(number))

    async def two_and_no_more(self, arg):
        self.session.taken = getattr(self.session, "taken", 0) + 1
        if self.session.taken > 2:
            await self.push("421 4.7.0 too many")
            self.transport.close()
        else:
            await self.push("250 OK")

    monkeypatch.setattr(SMTP, "smtp_NOOP", two_and_no_more)
    assert send_due(sink.url).sent == 5
    assert len({each["Message-ID"] for each in sink.mails}) == len(sink.mails) == 5
    assert sink.connections == 2


def test_an_address_that_only_some_servers_take(session, sink):
    put("host", recipient="post@médecins.example")
    put("user", recipient="rené@example.org")
    put("broken", recipient="nobody")
    put("split", recipient="a@example.org\r\nBcc: eve@example.org")
    outcome = send_due(sink.url)
    assert sink.to("post@xn--mdecins-bya.example")
    assert outcome.sent + outcome.given_up == 4
    assert all("eve" not in str(each["To"]) and each["Bcc"] is None for each in sink.mails)
    assert mail("split").given_up_at is not None


def test_with_a_password(session):
    with listening(Sink(), login="relais%40example.org:p%40ss%3Aword@", auth_require_tls=False) as sink:
        put()
        assert send_due(sink.url).sent == 1
        assert sink.logins == [("relais@example.org", "p@ss:word")]
        put("two")
        told = send_due(sink.url.replace("p%40ss", "wrong")).trouble
        assert "does not accept the user and password" in told
        assert "wrong" not in told
        assert mail("two").attempts == 0


def test_tls(session, tmp_path):
    context = certificate(tmp_path)
    put()
    login = "relais%40example.org:p%40ss%3Aword@"
    with listening(Sink(), login=login, tls_context=context, require_starttls=True) as sink:
        assert send_due(sink.url).sent == 1
        assert sink.encrypted == [True]
    put("two")
    with listening(Sink(), "smtps", ssl_context=context) as sink:
        assert send_due(sink.url).sent == 1


def test_elsewhere_a_certificate_must_be_good_and_no_password_goes_in_the_clear(
    session, tmp_path, monkeypatch
):
    monkeypatch.setattr(smtp, "_is_here", lambda host: False)
    put()
    with listening(Sink(), tls_context=certificate(tmp_path)) as sink:
        assert "certificate is not valid" in send_due(sink.url).trouble
    with listening(Sink(), login="relais:secret@", auth_require_tls=False) as sink:
        told = send_due(sink.url).trouble
        assert "offers no encryption" in told
        assert "secret" not in told
        assert sink.logins == []
    assert mail().attempts == 0


def test_without_a_server_it_says_so_and_keeps_everything(session, app):
    put()
    run = app.test_cli_runner().invoke
    result = run(args=["mail", "send"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: SMTP_URL is not set, so no mail is sent")
    assert "1 wait" in result.output
    assert len(result.output.strip().splitlines()) == 1
    result = run(args=["worker", "--once"])
    assert result.exit_code == 0, result.output
    assert "SMTP_URL is not set" in result.output
    assert mail().given_up_at is None
    result = run(args=["mail", "status"])
    assert "waiting  1" in result.output
    assert result.exit_code == 0


def test_how_it_is(session, app, sink, monkeypatch):
    monkeypatch.setitem(app.config, "RELAIS", replace(app.config["RELAIS"], smtp_url=sink.url))
    run = app.test_cli_runner().invoke
    for number in range(3):
        put(str(number), recipient=f"r{number}@example.org")
    sink.rcpt["r1@example.org"] = ["550 nobody"]
    result = run(args=["mail", "send"])
    assert (result.exit_code, result.output) == (0, "2 sent, 0 to be tried again later, 1 given up\n")
    result = run(args=["mail", "status"])
    assert result.output.splitlines() == ["waiting  0", "failed   1", "sent     2 in the last 7 days"]
    put("late")
    refused = replace(app.config["RELAIS"], smtp_url=f"smtp://127.0.0.1:{free_port()}")
    monkeypatch.setitem(app.config, "RELAIS", refused)
    result = run(args=["mail", "send"])
    assert result.exit_code == 1
    assert "cannot be reached: Connection refused" in result.output
    result = run(args=["mail", "status"])
    assert "waiting  1, 1 of them refused so far" in result.output
    result = run(args=["worker", "--once"])
    assert result.exit_code == 0
    assert "No mail for now: 127.0.0.1" in result.output


def test_many_senders_at_once_send_no_mail_twice(live_app, sink):
    with live_app.app_context():
        for number in range(40):
            put(f"m{number}", recipient=f"r{number}@example.org")
    outcomes, start = [], threading.Barrier(4)

    def work() -> None:
        with live_app.app_context():
            start.wait()
            outcomes.append(send_due(sink.url))
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sum(each.sent for each in outcomes) == 40
    assert Counter(each["To"] for each in sink.mails) == {f"r{number}@example.org": 1 for number in range(40)}
    with live_app.app_context():
        db.session.remove()
        rows = db.session.scalars(select(Mail)).all()
        assert all(row.sent_at and row.attempts == 1 and row.claim is None for row in rows)
        db.session.remove()


def test_a_sender_that_could_not_say_that_it_sent(session, sink):
    """The machine fell between the server's answer and ours: it is sent again, recognisably the same."""
    put()
    send_due(sink.url)
    lost = {"sent_at": None, "claim": "dead", "claimed_until": clock.now() + CLAIM}
    atomically(lambda s: s.execute(update(Mail).values(lost)) and None)
    assert send_due(sink.url).sent == 0
    with clock.pretend(clock.now() + CLAIM + timedelta(seconds=1)):
        assert send_due(sink.url).sent == 1
    first, second = sink.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
