"""The outbox: written once, claimed by one, settled as it went."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import SYSTEM, Role
from inventory.errors import Forbidden, NotFound
from inventory.models import Mail
from inventory.rules.mailing import CLOSED, TRIES, UNSUBSCRIBED
from inventory.services import outbox
from inventory.services.outbox import CLAIM, KEPT, Letter
from tests.factories import create_user
from tests.services.people import acting

HOST = "relais.example.org"


def letter(key: str = "digest:1:2026-11-25", **more) -> Letter:
    given = {
        "recipient": "amina@example.org",
        "language": "en",
        "subject": "News",
        "text": "t",
        "html": "<p>t",
    }
    return Letter(key, **({"kind": "digest"} | given | more))


def later(hours: float = 0, **more):
    return clock.pretend(clock.now() + timedelta(hours=hours, **more))


@pytest.fixture
def one(session):
    """The mail as it is now."""

    def look(key: str = letter().key) -> Mail:
        session.expire_all()
        return session.scalars(select(Mail).where(Mail.key == key)).one()

    return look


def test_one_key_is_written_once(do, one, session):
    assert do(outbox.write, letter(), HOST)
    first = one().message_id
    assert not do(outbox.write, letter(subject="Other"), HOST)
    assert (one().subject, one().message_id) == ("News", first)
    assert first.endswith(f"@{HOST}>")
    assert len(session.scalars(select(Mail)).all()) == 1


def test_what_is_undone_leaves_no_mail(do, session):
    def write_and_fail(s):
        outbox.write(s, letter(), HOST)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        do(write_and_fail)
    assert session.scalars(select(Mail)).all() == []


def test_no_line_break_gets_into_a_subject(do, one):
    do(outbox.write, letter(subject="Camp\r\nBcc: eve@example.org\x00\u2028\u202e!"), HOST)
    assert one().subject == "Camp Bcc: eve@example.org !"
    kurdish = "\u2068نه\u200cخۆشخانه\u2069: 3"
    assert outbox.one_line(kurdish) == kurdish


def test_a_claim_is_one_senders_until_it_ends(do, one):
    do(outbox.write, letter(), HOST)
    assert do(outbox.claim, "a").recipient == "amina@example.org"
    assert do(outbox.claim, "b") is None
    with clock.pretend(clock.now() + CLAIM - timedelta(seconds=1)):
        assert do(outbox.claim, "b") is None
    with clock.pretend(clock.now() + CLAIM + timedelta(seconds=1)):
        again = do(outbox.claim, "b")
        assert again.message_id == one().message_id
        assert one().attempts == 2
        do(outbox.failed, again.id, "a", "too late", 0, permanent=True)  # no longer a's to judge
        assert one().given_up_at is None
        do(outbox.sent, again.id)
    assert one().sent_at is not None
    with later(1000):
        assert do(outbox.claim, "c") is None


def test_the_first_due_is_the_first_sent(do):
    now = clock.now()
    for key, hours in (("late", -1), ("early", -2), ("tomorrow", 24)):
        do(outbox.write, letter(key), HOST, now + timedelta(hours=hours))
    taken = [do(outbox.claim, "a") for _ in range(3)]
    assert [each and each.id for each in taken[2:]] == [None]
    assert taken[0].id > taken[1].id  # "early" was written after "late"


def test_refused_for_now_is_tried_again_and_in_the_end_given_up(do, one):
    do(outbox.write, letter(), HOST)
    moment, waits = clock.now(), []
    for attempt in range(1, TRIES + 1):
        with clock.pretend(moment):
            mail = do(outbox.claim, "a")
            assert mail is not None, attempt
            ended = do(outbox.failed, mail.id, "a", "451 later\r\n", 0.5, permanent=False)
            assert ended is (attempt == TRIES)
            assert do(outbox.claim, "a") is None
            waits.append(one().due_at - moment)
            moment = max(one().due_at, moment)
    assert waits[0] < waits[1] < waits[2]
    found = one()
    assert (found.attempts, found.last_error) == (TRIES, "451 later")
    assert found.given_up_at is not None


def test_refused_for_good_is_given_up(do, one):
    do(outbox.write, letter(), HOST)
    assert do(outbox.failed, do(outbox.claim, "a").id, "a", "550 nobody here" * 100, 0, permanent=True)
    assert one().given_up_at is not None
    assert len(one().last_error) <= 500
    with later(1000):
        assert do(outbox.claim, "a") is None


def test_a_server_in_trouble_is_no_try_of_the_mail(do, one):
    do(outbox.write, letter(), HOST)
    for _ in range(TRIES * 2):
        do(outbox.release, do(outbox.claim, "a").id, "a", "no route")
    found = one()
    assert (found.attempts, found.given_up_at, found.last_error) == (0, None, "no route")


def test_a_mail_at_which_senders_die_is_given_up(do, one):
    do(outbox.write, letter(), HOST)
    moment = clock.now()
    for _ in range(TRIES):
        with clock.pretend(moment):
            assert do(outbox.claim, "a") is not None
        moment += CLAIM
    with clock.pretend(moment):
        assert do(outbox.claim, "a") is None
    assert one().given_up_at is not None


def test_who_has_left_gets_nothing(do, one, session):
    gone, here = create_user(session, Role.VIEWER), create_user(session, Role.VIEWER)
    do(outbox.write, letter("gone", account_id=gone.id), HOST)
    do(outbox.write, letter("here", account_id=here.id), HOST)
    gone.active = False
    session.commit()
    assert do(outbox.claim, "a").id == one("here").id
    assert (one("gone").last_error, one("gone").given_up_at is None) == (CLOSED, False)


def test_an_administrator_has_it_tried_again(do, one, session):
    admin = acting(Role.ADMIN)
    for key in ("failed", "also", "waits"):
        do(outbox.write, letter(key), HOST)
    for _ in range(2):
        do(outbox.failed, do(outbox.claim, "a").id, "a", "550 no", 0, permanent=True)
    user = create_user(session, Role.VIEWER)
    do(outbox.write, letter("stopped", account_id=user.id), HOST)
    do(outbox.give_up, user.id, "digest", UNSUBSCRIBED)
    with pytest.raises(Forbidden):
        do(outbox.again, acting(Role.COORDINATOR), None)
    assert do(outbox.again, admin, one("failed").id) == 1
    assert (one("failed").given_up_at, one("failed").attempts) == (None, 0)
    assert do(outbox.again, admin, None) == 1  # `also`, not the one whose reader wants none
    for mail_id in (one("stopped").id, 10**9):
        with pytest.raises(NotFound):
            do(outbox.again, admin, mail_id)


def test_giving_up_leaves_alone_what_is_being_sent(do, one, session):
    user = create_user(session, Role.VIEWER)
    for key in ("first", "second"):
        do(outbox.write, letter(key, account_id=user.id), HOST)
    taken = do(outbox.claim, "a")
    do(outbox.give_up, user.id, "digest", UNSUBSCRIBED)
    assert (one("first").id, one("first").given_up_at) == (taken.id, None)
    assert one("second").given_up_at is not None


def test_old_texts_are_forgotten_and_that_they_were_sent_is_not(do, one):
    for key in ("sent", "waits"):
        do(outbox.write, letter(key), HOST)
    do(outbox.sent, do(outbox.claim, "a").id)
    assert do(outbox.forget) == 0
    with clock.pretend(clock.now() + KEPT + timedelta(days=1)):
        assert do(outbox.forget) == 1
        assert do(outbox.forget) == 0
        assert not do(outbox.write, letter("sent"), HOST)
    assert (one("sent").text, one("sent").html, one("sent").sent_at is None) == ("", "", False)
    assert one("waits").text == "t"
    assert do(outbox.again, SYSTEM, None) == 0
