"""Donors: made and changed by coordinators and administrators."""

from collections.abc import Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, NotFound, msg
from inventory.models import Donor
from inventory.services import audit
from inventory.services.checks import Checks


def add_donor(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Donor:
    """Add a donor: `code`, `name`, perhaps `email`."""
    require(actor, "donors.write")
    checks = Checks(session)
    donor = Donor(code=checks.code(fields.get("code")))
    _fill(checks, donor, {"name": fields.get("name")} | dict(fields))
    checks.check()
    if session.scalar(select(Donor.id).where(func.lower(Donor.code) == donor.code.lower())) is not None:
        text = msg("The code %(code)s is taken.", code=donor.code)
        raise Conflict(text, [FieldError("/code", text)])
    session.add(donor)
    session.flush()
    audit.note(session, actor, "create", f"donor {donor.code}")
    return donor


def change_donor(session: Session, actor: Actor, code: str, fields: Mapping[str, Any]) -> Donor:
    """Change the given fields of a donor."""
    require(actor, "donors.write")
    donor = get_donor(session, code)
    checks = Checks(session)
    _fill(checks, donor, fields)
    checks.check()
    session.flush()
    audit.note(session, actor, "change", f"donor {donor.code}", fields=sorted(fields))
    return donor


def get_donor(session: Session, code: str) -> Donor:
    """The donor of that code."""
    donor = session.scalars(select(Donor).where(Donor.code == code)).one_or_none()
    if donor is None:
        raise NotFound(msg("There is no donor with the code %(code)s.", code=code))
    return donor


def email_address(checks: Checks, value: str | None, pointer: str = "/email") -> str | None:
    """A well-formed e-mail address in lower case; None where none was given."""
    if not value:
        return None
    try:
        return validate_email(
            value.strip(), check_deliverability=False, test_environment=True
        ).normalized.lower()
    except EmailNotValidError:
        checks.add(pointer, msg("This is no e-mail address."))
        return None


def _fill(checks: Checks, donor: Donor, fields: Mapping[str, Any]) -> None:
    if "name" in fields:
        donor.name = checks.text(fields["name"], "/name", required=True) or ""
    if "email" in fields:
        donor.email = email_address(checks, fields["email"])
