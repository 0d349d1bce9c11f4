"""`flask temperatures import`."""

import pytest

from inventory.access import SYSTEM
from inventory.services import loggers
from tests.exchange.logger_examples import LIBERO, LOGTAG, table
from tests.factories import create_site


@pytest.fixture
def logger(session):
    create_site(session, "CLINIC", kind="dispensary")
    made = loggers.add_logger(session, SYSTEM, {"code": "A0310123456", "site": "CLINIC"})
    session.commit()
    return made.code


def test_a_file_is_taken_in_once(run, file, logger):
    code, told, _ = run("temperatures", "import", file("trip.csv", LOGTAG))
    assert (code, told["logger"], told["new"], told["opened"]) == (0, logger, 4, 1)
    code, told, _ = run("temperatures", "import", file("trip.csv", LOGTAG), "--logger", logger)
    assert (code, told["new"], told["known"]) == (0, 0, 4)


def test_what_is_refused(run, file, logger, tmp_path):
    path = file("libero.csv", LIBERO)
    code, _, said = run("temperatures", "import", path)
    assert code == 2 and "name the logger with --logger" in said
    code, _, said = run("temperatures", "import", path, "--logger", logger)
    assert code == 1 and "40051234" in said
    code, told, _ = run("temperatures", "import", path, "--logger", logger, "--whatever-serial")
    assert (code, told["new"], told["skipped"]) == (0, 4, 1)
    code, _, said = run("temperatures", "import", path, "--logger", "NONE")
    assert code == 1 and "no logger with the code NONE" in said
    code, _, said = run("temperatures", "import", file("empty.csv", ""), "--logger", logger)
    assert code == 2 and "empty" in said
    code, _, said = run("temperatures", "import", tmp_path / "none.csv", "--logger", logger)
    assert code == 2 and "There is no file" in said


def test_what_the_file_does_not_say(run, file, logger):
    path = file(
        "day.csv",
        table(3, lambda n: 41, form="%d/%m/%Y %H:%M").replace("2026", "2025").replace("14/03", "04/03"),
    )
    code, _, said = run("temperatures", "import", path, "--logger", logger)
    assert code == 2 and "Choose the order" in said
    code, told, _ = run("temperatures", "import", path, "--logger", logger, "--dates", "dmy", "--fahrenheit")
    assert (code, told["new"], told["opened"], told["first_at"][:10]) == (0, 3, 0, "2025-03-04")
