"""What stands in a digest: by role, site and language, as it is when it is written, and never without bounds."""

import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import count

import pytest
from sqlalchemy import insert, select

from inventory import clock
from inventory.access import Role
from inventory.cli.letters import speaking
from inventory.cli.mail import write_digests
from inventory.db import atomically
from inventory.errors import msg
from inventory.extensions import render
from inventory.languages import language
from inventory.models import Alert, Mail, MailPreference, Requisition, Shipment
from inventory.rules.mailing import SUPERSEDED
from inventory.services import accounts, digests
from tests.conftest import _new_app, settings_for
from tests.factories import create_donor, create_item, create_site, create_user

_subjects = count(1)


def alert(session, site, item=None, severity="critical", **more) -> Alert:
    """An open alert, as one would be opened by what happens to stock."""
    text = msg("%(item)s has run out at %(site)s.", item=item.code if item else "X", site=site.code)
    given = {
        "kind": "stock_out",
        "subject": f"test:{next(_subjects)}",
        "severity": severity,
        "site_id": site.id,
        "item_id": item.id if item else None,
        "message": text.as_json(),
        "opened_at": clock.now(),
    }
    made = Alert(**(given | more))
    session.add(made)
    session.commit()
    return made


def person(session, role=Role.CLINIC, sites=(), tag=None, **more):
    user = create_user(session, role, sites, password=None, **more)
    user.language = tag
    session.commit()
    return user


def mails(session, user=None) -> list[Mail]:
    session.expire_all()
    query = select(Mail).order_by(Mail.id)
    return list(session.scalars(query if user is None else query.where(Mail.account_id == user.id)))


def only(session, user) -> Mail:
    (found,) = mails(session, user)
    return found


def tomorrow(days: int = 1, **more):
    return clock.pretend(clock.now() + timedelta(days=days, **more))


def choose(session, user, every: str, least: str = "warning", weekday: int | None = None) -> None:
    who = accounts.actor_of(accounts.get_user(session, user.id))
    atomically(lambda s: digests.choose(s, who, every, least, weekday))


@pytest.fixture
def camp(session):
    return create_site(session, "CAMP", name="Darkar camp", kind="dispensary")


@pytest.fixture
def town(session):
    return create_site(session, "TOWN", name="Erbil town", kind="dispensary")


@pytest.fixture
def amox(session):
    return create_item(session, "AMOX", name="Amoxicillin 250 mg")


def test_a_clinic_reads_of_its_own_site_alone(session, camp, town, amox):
    nurse, other = person(session, sites=[camp]), person(session, sites=[town])
    alert(session, camp, amox)
    alert(session, town, create_item(session, "ZINC", name="Zinc 20 mg"))
    assert write_digests() == (2, 0)
    mail = only(session, nurse)
    assert mail.subject == "Darkar camp: 1 critical alert"
    for body in (mail.text, mail.html):
        assert "Amoxicillin 250 mg has run out at Darkar camp." in body
        assert "http://localhost/stock/CAMP/AMOX" in body
        assert "Zinc" not in body
        assert "Erbil" not in body
        assert "TOWN" not in body
    assert "Zinc" in only(session, other).text
    assert (mail.recipient, mail.language, mail.kind) == (nurse.email, "en", "digest")


def test_nothing_to_tell_is_no_mail(session, camp, amox):
    nurse, boss = person(session, sites=[camp]), person(session, Role.COORDINATOR)
    seen = alert(session, camp, amox, acknowledged_at=clock.now())
    alert(session, camp, amox, resolved_at=clock.now())
    alert(session, camp, amox, severity="info")
    assert write_digests() == (0, 0)
    assert mails(session) == []
    seen.acknowledged_at = None
    session.commit()
    assert write_digests() == (2, 0)  # the day is not over
    assert [each.account_id for each in mails(session)] == [nurse.id, boss.id]


def test_once_a_day(session, camp, amox):
    nurse = person(session, sites=[camp])
    alert(session, camp, amox)
    assert [write_digests()[0] for _ in range(3)] == [1, 0, 0]
    with tomorrow():
        assert [write_digests()[0] for _ in range(3)] == [1, 0, 0]
    assert len({each.key for each in mails(session, nurse)}) == 2


def test_a_newer_digest_takes_the_place_of_one_that_was_not_sent(session, camp, amox):
    nurse = person(session, sites=[camp])
    gone = alert(session, camp, amox)
    write_digests()
    with tomorrow():
        gone.resolved_at = clock.now()
        alert(session, camp, create_item(session, "ZINC", name="Zinc 20 mg"))
        write_digests()
    old, new = mails(session, nurse)
    assert (old.last_error, old.given_up_at is None) == (SUPERSEDED, False)
    assert new.given_up_at is None
    assert "Amoxicillin" not in new.text


def test_gravest_first_new_and_escalated_marked(session, camp, amox):
    nurse = person(session, sites=[camp])
    zinc = create_item(session, "ZINC", name="Zinc 20 mg")
    alert(session, camp, amox, "warning")
    write_digests()
    assert "New" not in mails(session, nurse)[0].text  # before the first digest nothing is old
    with tomorrow():
        alert(session, camp, zinc, "warning", opened_at=clock.now() - timedelta(hours=1))
        alert(
            session,
            camp,
            create_item(session, "IBU", name="Ibuprofen"),
            escalation=2,
            opened_at=clock.now() - timedelta(days=9),
        )
        write_digests()
    text = mails(session, nurse)[-1].text
    told = [text.index(word) for word in ("Ibuprofen", "Zinc", "Amoxicillin")]
    assert told == sorted(told)
    assert "* Critical · Waits too long\n" in text
    assert "* Warning · New\n" in text
    assert "* Warning\n" in text
    assert "1 of them is new or more urgent since" in text
    assert mails(session, nurse)[-1].subject.endswith(": 1 critical alert, 2 warnings")


def test_somebody_with_three_sites(session, amox):
    sites = [create_site(session, f"M{n}", name=f"Mobile {n}", kind="mobile_clinic") for n in (1, 2, 3)]
    other = create_site(session, "M4", name="Mobile 4")
    doctor = person(session, sites=sites)
    for site, many in zip([*sites, other], (1, 3, 2, 5), strict=True):
        for _ in range(many):
            alert(session, site, amox)
    write_digests()
    mail = only(session, doctor)
    assert mail.subject == "Relais: 6 critical alerts"
    table = mail.text[mail.text.index("By site") :]
    assert [table.index(name) for name in ("Mobile 2: 3", "Mobile 3: 2", "Mobile 1: 1")] == sorted(
        table.index(name) for name in ("Mobile 2: 3", "Mobile 3: 2", "Mobile 1: 1")
    )
    assert "Mobile 4" not in mail.text
    assert "Mobile 4" not in mail.html


def test_roles(session, camp, town, amox):
    hub = create_site(session, "HUB", name="Hub")
    people = {
        role: person(session, role, sites)
        for role, sites in (
            (Role.ADMIN, ()),
            (Role.COORDINATOR, ()),
            (Role.WAREHOUSE, [hub]),
            (Role.CLINIC, [camp]),
            (Role.VIEWER, ()),
        )
    }
    people[Role.DONOR] = person(session, Role.DONOR, donor=create_donor(session))
    requisition = Requisition(number="REQ-1", site_id=camp.id, kind="regular", status="submitted")
    proposed = Shipment(
        number="S-1", origin_id=hub.id, destination_id=camp.id, status="draft", needs_approval=True
    )
    arrived = Shipment(number="S-2", origin_id=hub.id, destination_id=camp.id, status="arrived")
    session.add_all([requisition, proposed, arrived])
    session.commit()
    choose(session, people[Role.VIEWER], "daily")
    write_digests()
    texts = {role: "".join(each.text for each in mails(session, user)) for role, user in people.items()}
    decide, approve, check_in = (
        "requisition waits for a decision",
        "proposed shipment waits",
        "is to be checked in",
    )
    assert all(words in texts[Role.COORDINATOR] for words in (decide, approve, check_in))
    assert texts[Role.ADMIN] != ""
    assert approve in texts[Role.WAREHOUSE]
    assert decide not in texts[Role.WAREHOUSE]
    assert check_in not in texts[Role.WAREHOUSE]
    assert check_in in texts[Role.CLINIC]
    assert approve not in texts[Role.CLINIC]
    assert texts[Role.VIEWER] == ""  # nothing waits for one who may do nothing
    assert texts[Role.DONOR] == ""


def test_least_gravity(session, camp, amox):
    grave, all_of_it = person(session, sites=[camp]), person(session, sites=[camp])
    choose(session, grave, "daily", "critical")
    choose(session, all_of_it, "daily", "info")
    alert(session, camp, amox, "info")
    write_digests()
    assert mails(session, grave) == []
    assert only(session, all_of_it).subject == "Darkar camp: 1 piece of information"


def test_once_a_week(session, camp, amox):
    nurse = person(session, sites=[camp])
    alert(session, camp, amox)
    monday = clock.now() + timedelta(days=7 - clock.now().weekday())
    choose(session, nurse, "weekly", weekday=2)
    told = []
    for day in range(15):
        with clock.pretend(monday + timedelta(days=day)):
            if write_digests()[0]:
                told.append(day)
    assert told[-2:] == [2, 9]
    assert len(told) <= 3


def test_at_once_and_not_more_than_once_an_hour(session, camp, amox):
    nurse = person(session, sites=[camp])
    choose(session, nurse, "immediately")
    alert(session, camp, amox, "warning")
    assert write_digests(6)[0] == 0
    now = clock.now()
    alert(session, camp, amox, opened_at=now)
    assert write_digests(6)[0] == 1
    alert(
        session, camp, create_item(session, "ZINC", name="Zinc 20 mg"), opened_at=now + timedelta(minutes=5)
    )
    with clock.pretend(now + timedelta(minutes=10)):
        assert write_digests(6)[0] == 0
    with clock.pretend(now + timedelta(minutes=62)):
        assert write_digests(6)[0] == 1
    with clock.pretend(now + timedelta(hours=30)):
        assert write_digests(6)[0] == 0  # nothing new
        alert(
            session, camp, amox, opened_at=now, escalation=1, escalated_at=clock.now() - timedelta(minutes=1)
        )
        assert write_digests(6)[0] == 1
    assert "Zinc" in mails(session, nurse)[1].text


def test_not_before_the_morning_where_the_reader_is(session, amox):
    site = create_site(session, "FAR", timezone="Asia/Baghdad")
    person(session, sites=[site])
    alert(session, site, amox)
    night = clock.now().replace(hour=0, minute=30) + timedelta(days=1)  # half past three there
    with clock.pretend(night):
        assert write_digests(6)[0] == 0
        assert write_digests()[0] == 1
    with clock.pretend(night + timedelta(days=1, hours=3)):
        assert write_digests(6)[0] == 1


def test_inactive_accounts_get_none(session, camp, amox):
    nurse = person(session, sites=[camp])
    alert(session, camp, amox)
    nurse.active = False
    session.commit()
    assert write_digests() == (0, 0)


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
        from inventory.db import db

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
    from inventory.cli import mail as command

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
