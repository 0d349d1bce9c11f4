"""Sites: where stock is, or where it goes."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import available_timezones

import pycountry
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from inventory import ledger
from inventory.access import Actor, require
from inventory.errors import Conflict, FieldError, msg
from inventory.models import Balance, Location, Shipment, Site
from inventory.models.words import SENSITIVE_BY_DEFAULT, SiteKind, SiteStatus
from inventory.services import alerts, audit
from inventory.services.checks import Checks
from inventory.services.checks import get_site as get_site
from inventory.services.levels import set_policy as set_policy


def add_site(session: Session, actor: Actor, fields: Mapping[str, Any]) -> Site:
    """Add a site; `fields` are those of the contract."""
    require(actor, "sites.write")
    checks = Checks(session)
    code = checks.code(fields.get("code"))
    site = Site(code=code, status=SiteStatus.OPEN)
    required = {name: fields.get(name) for name in ("name", "kind", "country")}
    _fill(checks, site, required | dict(fields))
    checks.check()
    if fields.get("sensitive") is None:
        site.sensitive = site.kind in SENSITIVE_BY_DEFAULT
    if session.scalar(select(Site.id).where(func.lower(Site.code) == code.lower())) is not None:
        text = msg("The code %(code)s is taken.", code=code)
        raise Conflict(text, [FieldError("/code", text)])
    session.add(site)
    session.flush()
    ledger.open_site(session, site)
    audit.note(session, actor, "create", f"site {site.code}")
    return site


def change_site(session: Session, actor: Actor, code: str, fields: Mapping[str, Any]) -> Site:
    """Change the given fields of a site. A site with stock can neither close nor become a partner's."""
    require(actor, "sites.write")
    site = get_site(session, code)
    checks = Checks(session)
    before = site.kind, site.status
    with session.no_autoflush:  # what is wrong never gets as far as the database
        _fill(checks, site, fields)
    checks.check()
    leaves = site.status == SiteStatus.CLOSED or (SiteKind.PARTNER in (site.kind, before[0]))
    if (site.kind, site.status) != before and leaves and _holds_stock(session, site):
        name = "status" if site.status != before[1] else "kind"
        text = msg("%(site)s still holds stock. Move or dispose of it first.", site=code)
        raise Conflict(text, [FieldError(f"/{name}", text)])
    if site.status == SiteStatus.CLOSED and before[1] != SiteStatus.CLOSED:
        _refuse_under_way(session, site)
    session.flush()
    if (site.kind, site.status) != before:
        alerts.refresh_site(session, site)
    audit.note(session, actor, "change", f"site {site.code}", fields=sorted(fields))
    return site


def _fill(checks: Checks, site: Site, fields: Mapping[str, Any]) -> None:
    setters: dict[str, Callable[[Checks, Site, Any], None]] = {
        "name": _set_name,
        "kind": _set_kind,
        "status": _set_status,
        "country": _set_country,
        "admin1": _set_admin1,
        "sensitive": _set_sensitive,
        "supplied_by": _set_supplier,
        "lead_time_days": _set_lead_time,
        "timezone": _set_timezone,
    }
    for name, setter in setters.items():
        if name in fields:
            setter(checks, site, fields[name])


def _set_name(checks: Checks, site: Site, value: str | None) -> None:
    site.name = checks.text(value, "/name", required=True) or ""


def _set_kind(checks: Checks, site: Site, value: str | None) -> None:
    if not value:
        checks.add("/kind", msg("Say what kind of site it is."))
    site.kind = checks.word(value or None, SiteKind, "/kind") or ""


def _set_status(checks: Checks, site: Site, value: str | None) -> None:
    if value is not None:
        site.status = checks.word(value, SiteStatus, "/status") or SiteStatus.OPEN


def _set_country(checks: Checks, site: Site, value: str | None) -> None:
    country = (value or "").upper()
    if len(country) != 2 or pycountry.countries.get(alpha_2=country) is None:
        checks.add("/country", msg("Give the country's two letters (ISO 3166-1), such as IQ."))
    site.country = country[:2]


def _set_admin1(checks: Checks, site: Site, value: str | None) -> None:
    site.admin1 = checks.text(value, "/admin1")


def _set_sensitive(_checks: Checks, site: Site, value: bool | None) -> None:
    if value is not None:
        site.sensitive = value


def _set_lead_time(checks: Checks, site: Site, value: int | None) -> None:
    if value is not None and not 0 <= value <= 1000:
        checks.add("/lead_time_days", msg("This must be between 0 and 1000 days."))
    site.lead_time_days = value


def _set_timezone(checks: Checks, site: Site, value: str | None) -> None:
    if value and value not in available_timezones():
        checks.add("/timezone", msg("This is no time zone's name, such as Asia/Baghdad."))
    site.timezone = value or None


def _set_supplier(checks: Checks, site: Site, code: str | None) -> None:
    session = checks.session
    if not code:
        site.supplied_by_id, site.supplied_by = None, None
        return
    with session.no_autoflush:
        supplier = checks.site(code, "/supplied_by")
    above = supplier
    while above is not None:
        if above.code == site.code:
            checks.add(
                "/supplied_by", msg("A site cannot be supplied by itself, nor by one that it supplies.")
            )
            return
        above = session.get(Site, above.supplied_by_id) if above.supplied_by_id else None
    if supplier is not None:
        site.supplied_by_id, site.supplied_by = supplier.id, supplier


def _refuse_under_way(session: Session, site: Site) -> None:
    """Raise Conflict while goods are to leave a site or to come to it."""
    number = session.scalars(
        select(Shipment.number).where(
            or_(Shipment.origin_id == site.id, Shipment.destination_id == site.id),
            Shipment.status.in_(["draft", "dispatched", "arrived"]),
        )
    ).first()
    if number is not None:
        text = msg("Shipment %(shipment)s is still under way. Cancel or receive it first.", shipment=number)
        raise Conflict(text, [FieldError("/status", text)])


def _holds_stock(session: Session, site: Site) -> bool:
    query = (
        select(Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Location.site_id == site.id, Location.inside, Balance.on_hand > 0)
    )
    return session.execute(query.limit(1)).first() is not None
