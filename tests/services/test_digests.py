"""Who gets a digest how often: chosen by the person, or ended by whoever holds the address from a mail."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from inventory import clock
from inventory.access import Role
from inventory.errors import Invalid, NotFound
from inventory.models import Mail, MailPreference
from inventory.rules.mailing import UNSUBSCRIBED, Every
from inventory.services import accounts, digests, outbox
from inventory.services.outbox import Letter
from tests.factories import create_donor, create_site, create_user
from tests.services.people import pointers


@pytest.fixture
def nurse(session):
    return create_user(
        session, Role.CLINIC, [create_site(session, "CAMP", timezone="Asia/Baghdad")], password=None
    )


def actor(session, user):
    return accounts.actor_of(accounts.get_user(session, user.id))


def waiting_mail(do, user) -> None:
    letter = Letter("d:1", digests.KIND, user.email, "en", "s", "t", "h", account_id=user.id)
    do(outbox.write, letter, "example.org")


def test_whoever_never_chose_has_the_custom_of_the_role(session, do, nurse):
    viewer = create_user(session, Role.VIEWER, password=None)
    assert do(digests.maybe_due) == [nurse.id]
    turn = do(digests.take_turn, nurse.id)
    assert (turn.due.every, turn.gravities, turn.since) == (Every.DAILY, ("critical", "warning"), None)
    assert turn.zone == "Asia/Baghdad"
    assert do(digests.take_turn, viewer.id) is None
    assert digests.wish_of(session, nurse.id).every is Every.BY_ROLE


def test_told_is_told_for_the_day(session, do, nurse):
    do(digests.told, do(digests.take_turn, nurse.id))
    assert do(digests.maybe_due) == []
    assert do(digests.take_turn, nurse.id) is None
    with clock.pretend(clock.now() + timedelta(days=1)):
        assert do(digests.maybe_due) == [nurse.id]
        assert do(digests.take_turn, nurse.id).since is not None


def test_a_quiet_day_goes_on_and_a_quiet_week_is_over(session, do, nurse):
    do(digests.nothing_to_tell, do(digests.take_turn, nurse.id))
    assert do(digests.take_turn, nurse.id) is not None
    today = clock.today("Asia/Baghdad").weekday()
    do(digests.choose, actor(session, nurse), "weekly", "info", today)
    turn = do(digests.take_turn, nurse.id)
    assert turn.gravities == ("critical", "warning", "info")
    do(digests.nothing_to_tell, turn)
    assert do(digests.take_turn, nurse.id) is None


def test_closed_accounts_have_no_turn(session, do, nurse):
    nurse.active = False
    session.commit()
    assert do(digests.maybe_due) == []
    assert do(digests.take_turn, nurse.id) is None


def test_a_choice(session, do, nurse):
    do(digests.choose, actor(session, nurse), "weekly", "critical", 4)
    session.expire_all()
    wish = digests.wish_of(session, nurse.id)
    assert (wish.every, wish.least, wish.weekday) == (Every.WEEKLY, "critical", 4)
    do(digests.choose, actor(session, nurse), "immediately", "info", None)
    turn = do(digests.take_turn, nurse.id)
    assert turn.gravities == ("critical",)
    session.expire_all()
    assert digests.wish_of(session, nurse.id).weekday == 4


@pytest.mark.parametrize(
    ("every", "least", "weekday", "pointer"),
    [
        ("hourly", "info", 0, "/every"),
        ("", "info", 0, "/every"),
        ("daily", "grave", 0, "/least"),
        ("weekly", "info", 7, "/weekday"),
        ("weekly", "info", -1, "/weekday"),
    ],
)
def test_a_wrong_choice_names_its_field(session, do, nurse, every, least, weekday, pointer):
    with pytest.raises(Invalid) as refused:
        do(digests.choose, actor(session, nurse), every, least, weekday)
    assert pointers(refused) == [pointer]
    assert session.scalars(select(MailPreference)).all() == []


def test_never_drops_what_waits(session, do, nurse):
    waiting_mail(do, nurse)
    do(digests.choose, actor(session, nurse), "never", "info", None)
    assert session.scalars(select(Mail.last_error)).all() == [UNSUBSCRIBED]
    assert do(outbox.claim, "a") is None
    assert do(digests.maybe_due) == []


def test_a_donor_chooses_nothing(session, do):
    donor = create_user(session, Role.DONOR, donor=create_donor(session), password=None)
    with pytest.raises(NotFound):
        do(digests.choose, actor(session, donor), "daily", "info", None)


def test_by_the_address_in_a_mail(session, do, nurse):
    waiting_mail(do, nurse)
    do(digests.choose, actor(session, nurse), "weekly", "info", 2)
    key = session.scalar(select(MailPreference.key))
    assert len(key) >= 32
    assert do(digests.choose_by_key, key, Every.NEVER) is Every.WEEKLY
    assert do(digests.choose_by_key, key, Every.NEVER) is Every.NEVER
    assert session.scalars(select(Mail.last_error)).all() == [UNSUBSCRIBED]
    assert do(digests.choose_by_key, key, Every.WEEKLY) is Every.NEVER
    session.expire_all()
    assert digests.wish_of(session, nurse.id).weekday == 2
    nurse.active = False
    session.commit()
    with pytest.raises(NotFound):
        do(digests.choose_by_key, key, Every.NEVER)


@pytest.mark.parametrize("key", ["", "x", "x" * 32, "x" * 500, "é" * 32, "\x00" * 32])
def test_a_key_that_is_nobodys(session, do, nurse, key):
    do(digests.take_turn, nurse.id)
    with pytest.raises(NotFound):
        do(digests.choose_by_key, key, Every.NEVER)
