"""Choosing one's mails, ending them from a mail, and the administrator's look at the outbox."""

import re

import pytest
from sqlalchemy import select

from inventory.access import Role
from inventory.db import atomically
from inventory.models import AuditEntry, Mail, MailPreference
from inventory.rules.mailing import UNSUBSCRIBED, Every
from inventory.services import digests, outbox
from inventory.services.outbox import Letter
from tests.factories import create_donor, create_site, create_user, sign_in
from tests.web.driving import fields, post


@pytest.fixture
def nurse(session):
    return create_user(session, Role.CLINIC, [create_site(session, "CAMP")], password=None)


@pytest.fixture
def key(session, nurse):
    session.commit()
    atomically(lambda s: digests.take_turn(s, nurse.id) and None)
    found = session.scalar(select(MailPreference.key))
    session.commit()
    return found


def every(session, user) -> Every:
    session.expire_all()
    found = digests.wish_of(session, user.id).every
    session.commit()  # a savepoint of the test's own, rolled back later, would take the next request with it
    return found


def put(session, key: str, user=None, **more) -> Mail:
    given = {"kind": "digest", "recipient": f"{key}@example.org", "language": "en", "subject": f"About {key}"}
    letter = Letter(
        key, **(given | more), text="A secret text", html="<p>A secret text", account_id=user and user.id
    )
    session.commit()
    atomically(lambda s: outbox.write(s, letter, "localhost"))
    return session.scalars(select(Mail).where(Mail.key == key)).one()


def refuse(session, key: str, error: str = "550 nobody here") -> None:
    session.commit()

    def work(s) -> None:
        mail = outbox.claim(s, "test")
        assert mail.subject == f"About {key}"
        outbox.failed(s, mail.id, "test", error, 0, permanent=True)

    atomically(work)


# ---- choosing ------------------------------------------------------------------------------------------------------


def test_a_choice_is_kept_and_shown(session, client, nurse):
    browser = sign_in(client, nurse)
    page = browser.get("/account")
    assert "no mail server" in page.text.lower()
    assert nurse.email in page.text
    form = fields(page, "/account/digest")
    assert (form["d-every"], form["d-least"], form["d-weekday"]) == ("by_role", "warning", "0")
    data = {**form.to_dict(), "d-every": "weekly", "d-least": "critical", "d-weekday": "3"}
    assert browser.post("/account/digest", data=data).status_code == 303
    form = fields(browser.get("/account"), "/account/digest")
    assert (form["d-every"], form["d-least"], form["d-weekday"]) == ("weekly", "critical", "3")
    assert every(session, nurse) is Every.WEEKLY


@pytest.mark.parametrize(
    "wrong",
    [{"d-every": "hourly"}, {"d-every": ""}, {"d-least": "grave"}, {"d-weekday": "9"}, {"d-weekday": "x"}],
)
def test_a_wrong_choice_is_refused_in_its_place(session, client, nurse, wrong):
    browser = sign_in(client, nurse)
    form = fields(browser.get("/account"), "/account/digest").to_dict()
    answer = browser.post("/account/digest", data=form | wrong)
    assert answer.status_code == 422
    assert "is-invalid" in answer.text
    assert every(session, nurse) is Every.BY_ROLE


def test_a_donor_is_offered_none(session, client):
    donor = create_user(session, Role.DONOR, donor=create_donor(session), password=None)
    browser = sign_in(client, donor)
    assert "/account/digest" not in browser.get("/account").text
    assert post(browser, "/account/digest", {"d-every": "daily"}).status_code == 403


# ---- ending them from a mail ----------------------------------------------------------------------------------------


def test_following_the_link_changes_nothing(session, client, nurse, key):
    for method in (client.get, client.head):
        assert method(f"/mail/unsubscribe/{key}").status_code == 200
    page = client.get(f"/mail/unsubscribe/{key}")
    assert page.text.count("<button") >= 1
    assert nurse.email not in page.text
    assert nurse.name not in page.text
    assert "noindex" in page.text
    assert every(session, nurse) is Every.BY_ROLE


def test_one_press_ends_them_and_another_has_them_again(session, client, nurse, key):
    put(session, "waits", nurse)
    session.commit()
    answer = client.post(f"/mail/unsubscribe/{key}")
    assert answer.status_code == 200
    assert "no more digests" in answer.text
    assert every(session, nurse) is Every.NEVER
    assert session.scalars(select(Mail.last_error)).all() == [UNSUBSCRIBED]
    (back,) = re.findall(r'name="every" value="(\w+)"', answer.text)
    assert back == "by_role"
    answer = client.post(f"/mail/unsubscribe/{key}", data={"every": back})
    assert "come again" in answer.text
    assert every(session, nurse) is Every.BY_ROLE
    assert "You get no digests" not in client.get(f"/mail/unsubscribe/{key}").text


def test_what_was_chosen_before_comes_again(session, client, nurse, key):
    sign_in(client, nurse)
    form = fields(client.get("/account"), "/account/digest").to_dict()
    client.post("/account/digest", data=form | {"d-every": "weekly", "d-weekday": "3"})
    answer = client.post(f"/mail/unsubscribe/{key}")
    assert re.findall(r'name="every" value="(\w+)"', answer.text) == ["weekly"]
    again = client.get(f"/mail/unsubscribe/{key}")
    assert re.findall(r'name="every" value="(\w+)"', again.text) == ["by_role"]
    assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "mail")).all() == ["mail"]


def test_one_click_of_a_mail_program(session, app, nurse, key):
    """RFC 8058: no cookies, no token, no redirect."""
    program = app.test_client(use_cookies=False)
    answer = program.post(f"/mail/unsubscribe/{key}", data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert every(session, nurse) is Every.NEVER
    assert program.post(f"/mail/unsubscribe/{key}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert every(session, nurse) is Every.NEVER


@pytest.mark.parametrize("wrong", ["x", "x" * 32, "x" * 300, "%C3%A9" * 20, "%00" * 20])
def test_a_key_that_is_nobodys(client, key, wrong):
    for method in (client.get, client.post):
        answer = method(f"/mail/unsubscribe/{wrong}")
        assert answer.status_code == 404
        assert "<html" in answer.text


def test_a_word_that_is_none_ends_them(session, client, nurse, key):
    assert client.post(f"/mail/unsubscribe/{key}", data={"every": "hourly"}).status_code == 200
    assert every(session, nurse) is Every.NEVER


def test_it_speaks_the_language_of_the_mail(session, client, nurse, key):
    nurse.language = "ar"
    session.commit()
    assert '<html lang="ar" dir="rtl"' in client.get(f"/mail/unsubscribe/{key}").text
    assert '<html lang="ar" dir="rtl"' in client.post(f"/mail/unsubscribe/{key}").text


# ---- the outbox -----------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(session, app):
    return sign_in(app.test_client(), create_user(session, Role.ADMIN, password=None))


def test_an_administrator_sees_how_mails_fare_and_no_text(session, admin):
    put(session, "failed")
    refuse(session, "failed")
    put(session, "waits")
    sent = put(session, "sent")
    session.commit()
    atomically(lambda s: outbox.sent(s, sent.id))
    for state, subject, word in (
        ("waiting", "About waits", "SMTP_URL"),
        ("failed", "About failed", "550 nobody here"),
        ("sent", "About sent", "sent"),
    ):
        page = admin.get(f"/mail?state={state}")
        assert page.status_code == 200
        assert subject in page.text
        assert word in page.text
        assert page.text.count("About ") == 1
        assert "A secret text" not in page.text
    assert admin.get("/mail?state=nonsense&page=99").status_code == 200
    assert admin.get("/mail?state=dropped").status_code == 200


def test_try_again(session, admin):
    for key in ("one", "two", "three"):
        put(session, key)
        refuse(session, key)
    page = admin.get("/mail?state=failed").text
    (first, *_more) = sorted(set(re.findall(r'action="(/mail/\d+/again)"', page)))
    answer = post(admin, first)
    assert answer.status_code == 303
    assert "1 mail will be tried again" in admin.get(answer.location).text
    assert "About " in admin.get("/mail").text
    assert post(admin, "/mail/again").status_code == 303
    assert admin.get("/mail").text.count("About ") == 3
    assert "Nothing failed" in admin.get("/mail?state=failed").text
    assert post(admin, "/mail/999999999999999999999/again").status_code == 404


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_nobody_else_sees_it(session, app, role):
    sites = [create_site(session)] if role in (Role.WAREHOUSE, Role.CLINIC) else []
    donor = create_donor(session) if role is Role.DONOR else None
    browser = sign_in(app.test_client(), create_user(session, role, sites, donor, password=None))
    assert browser.get("/mail").status_code == 403
    assert post(browser, "/mail/again").status_code == 403
    assert post(browser, "/mail/1/again").status_code == 403
    assert 'href="/mail"' not in browser.get("/").text
