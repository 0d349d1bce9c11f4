"""A digest as a mail: language and direction, names that try to be something else, bounds, addresses."""

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import insert, select

from inventory import clock
from inventory.access import Role
from inventory.cli import mail as command
from inventory.cli.letters import speaking
from inventory.cli.mail import write_digests
from inventory.db import db
from inventory.errors import msg
from inventory.extensions import render
from inventory.languages import language
from inventory.models import Alert, MailPreference
from tests.cli.telling import alert, mails, only, person
from tests.conftest import _new_app, settings_for
from tests.factories import create_item, create_site


@pytest.fixture
def camp(session):
    return create_site(session, "CAMP", name="Darkar camp", kind="dispensary")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin 250 mg")


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.attrs: dict[str, list[dict[str, str | None]]] = {}
        self.bdi: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.attrs.setdefault(tag, []).append(dict(attrs))


def test_from_right_to_left(session, camp):
    item = create_item(session, "AMOX", name="Amoxicillin (250 mg)")
    nurse = person(session, sites=[camp], tag="ar")
    alert(session, camp, item, "warning", opened_at=clock.now() - timedelta(hours=1))
    write_digests()
    mail = only(session, nurse)
    parser = _Tags()
    parser.feed(mail.html)
    assert (parser.attrs["html"][0]["dir"], parser.attrs["html"][0]["lang"]) == ("rtl", "ar")
    assert parser.attrs["body"][0]["dir"] == "rtl"
    assert "text-align:left" not in mail.html.partition("<th ")[0]
    with speaking(language("ar")):
        told = render(
            msg("%(item)s has run out at %(site)s.", item="Amoxicillin (250 mg)", site="Darkar camp")
        )
    assert "\u2068Amoxicillin (250 mg)\u2069" in told
    assert told in mail.text
    assert mail.subject.startswith("\u2068Darkar camp\u2069")
    assert mail.language == "ar"
    assert not re.search("[٠-٩۰-۹]", mail.text + mail.html + mail.subject)


def test_each_in_their_own_language(session, camp, amox):
    people = {tag: person(session, sites=[camp], tag=tag) for tag in ("fr", "en", "ar", None)}
    alert(session, camp, amox)
    write_digests()
    said = {tag: only(session, user) for tag, user in people.items()}
    assert 'lang="fr" dir="ltr"' in said["fr"].html
    assert said["en"].text.splitlines()[:2] == said[None].text.splitlines()[:2]
    with speaking(language("fr")):
        french = render(
            msg("%(item)s has run out at %(site)s.", item="Amoxicillin 250 mg", site="Darkar camp")
        )
    assert french in said["fr"].text
    assert french not in said["en"].text


def test_names_that_try_to_be_something_else(session):
    site = create_site(session, "EVIL", name="<script>alert(1)</script> & Co")
    nurse = person(session, sites=[site], name='"><img src=x>')
    alert(session, site, create_item(session, "BAD", name="<b>Bold</b> %(site)s {{ 7*7 }}"))
    session.connection().exec_driver_sql("UPDATE site SET name = name || '\r\nBcc: eve@example.org'")
    session.commit()
    write_digests()
    mail = only(session, nurse)
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "<script>" not in mail.html
    assert "<b>Bold" not in mail.html
    assert "{{ 7*7 }}" in mail.text
    assert "%(site)s" in mail.text


def test_ten_thousand_open_alerts_make_a_short_mail(session, count_queries):
    sites = [create_site(session, f"S{number:02}", name=f"Site {number:02}") for number in range(25)]
    boss, nurse = person(session, Role.COORDINATOR), person(session, sites=[sites[0]])
    text, now = msg("It is so.").as_json(), clock.now()
    session.execute(
        insert(Alert),
        [
            {
                "kind": "stock_out",
                "subject": f"many:{number}",
                "severity": "critical" if number % 4 == 0 else "warning",
                "site_id": sites[number % 25].id,
                "message": text,
                "opened_at": now,
            }
            for number in range(10_000)
        ],
    )
    session.commit()
    with count_queries() as queries:
        assert write_digests() == (2, 0)
    assert len(queries) < 60
    mail = only(session, boss)
    assert mail.subject == "Relais: 2500 critical alerts, 7500 warnings"
    assert "9985 more alerts" in mail.text
    assert mail.text.count("It is so.") == 15
    assert mail.text.count("Site ") < 40
    assert len(mail.html) < 40_000
    assert "385 more alerts" in only(session, nurse).text


def test_addresses_lead_to_where_people_are(real_db, tmp_path):
    app = _new_app(
        settings_for(real_db, tmp_path, BASE_URL="https://relais.example.org/app", ORG_NAME="Aid & Co")
    )
    with app.app_context():
        session = db.session()
        site = (
            create_site(session, "CAMP/1 é", name="Camp")
            if False
            else create_site(session, "CAMP-1", name="Camp")
        )
        nurse = person(session, sites=[site])
        alert(session, site, create_item(session, "AMOX"))
        alert(session, site, severity="warning")
        write_digests()
        mail = only(session, nurse)
        key = session.scalar(select(MailPreference.key))
        links = set(re.findall(r'href="([^"]+)"', mail.html))
        assert all(link.startswith("https://relais.example.org/app/") for link in links)
        assert mail.unsubscribe_url == f"https://relais.example.org/app/mail/unsubscribe/{key}"
        assert mail.unsubscribe_url in mail.text
        assert "Aid &amp; Co" in mail.html
        assert mail.message_id.endswith("@relais.example.org>")
        for link in links:
            path = link.removeprefix("https://relais.example.org/app")
            found, _ = app.url_map.bind("localhost").match(path.partition("?")[0])
            assert found, link
        db.session.remove()
        db.engine.dispose()
    db._app_engines.pop(app, None)


def test_one_that_cannot_be_written_keeps_no_other(session, app, camp, amox, monkeypatch):
    first, second = person(session, sites=[camp]), person(session, sites=[camp])
    alert(session, camp, amox)
    sound = command.digest_letter

    def break_for_first(turn, digest, settings):
        if turn.actor.user_id == first.id:
            raise KeyError("broken")
        return sound(turn, digest, settings)

    monkeypatch.setattr(command, "digest_letter", break_for_first)
    result = app.test_cli_runner().invoke(args=["mail", "digests"])
    assert result.exit_code == 1
    assert "1 digests written" in result.output
    assert mails(session, first) == []
    monkeypatch.setattr(command, "digest_letter", sound)
    result = app.test_cli_runner().invoke(args=["mail", "digests"])
    assert (result.exit_code, result.output) == (0, "1 digests written\n")
    assert len(mails(session, first)) == len(mails(session, second)) == 1
