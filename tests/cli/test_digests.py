"""What stands in a digest: by role, site and choice, as it is when it is written."""

from datetime import timedelta

import pytest

from inventory import clock
from inventory.access import Role
from inventory.cli.mail import write_digests
from inventory.models import Requisition, Shipment
from inventory.rules.mailing import SUPERSEDED
from tests.cli.telling import alert, choose, mails, only, person, tomorrow
from tests.factories import create_donor, create_item, create_site


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
