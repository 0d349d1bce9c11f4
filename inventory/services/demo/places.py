"""Sites, donors, accounts and reorder policies of the demonstration. Everybody in it is made up."""

from decimal import Decimal
from math import ceil

from sqlalchemy.orm import Session

from inventory.access import SYSTEM, Role
from inventory.services import accounts, catalogue, donors, sites
from inventory.services.demo.items import EVERYDAY, MOBILE, SURVIVORS, THINGS

PASSWORD = "relais-demo"  # nosec B105: it opens made-up data
ERBIL, PARIS = "Asia/Baghdad", "Europe/Paris"
DEPOT, HUB, DARKAR, ERBIL_D, CENTER = "DEPOT-LYON", "HUB-ERBIL", "DARKAR", "ERBIL-D", "CENTER-SURV"
TEAMS = ("MOBILE-1", "MOBILE-2", "MOBILE-3")
MARTUNI, ATHENS = "MARTUNI-H", "NGO-ATHENS"

SHARE = {DARKAR: 1.0, ERBIL_D: 0.7, "MOBILE-1": 0.2, "MOBILE-2": 0.24, "MOBILE-3": 0.16}
"""How much a site hands out beside Darkar."""

_SITES = (
    (DEPOT, "Depot, Lyon region", "warehouse", "open", "FR", "Auvergne-Rhône-Alpes", None, None, PARIS),
    (HUB, "Hub, Erbil", "warehouse", "open", "IQ", "Erbil", DEPOT, 35, ERBIL),
    (DARKAR, "Dispensary, Darkar camp (near Zakho)", "dispensary", "open", "IQ", "Duhok", HUB, 2, ERBIL),
    (ERBIL_D, "Dispensary, Erbil", "dispensary", "open", "IQ", "Erbil", HUB, 1, ERBIL),
    ("TEL-USKUF", "Dispensary, Tel Uskuf", "dispensary", "planned", "IQ", "Nineveh", HUB, 2, ERBIL),
    (
        "QADIA-D",
        "Dispensary, Qadia camp (now visited by mobile clinics)",
        "dispensary",
        "closed",
        "IQ",
        "Duhok",
        HUB,
        2,
        ERBIL,
    ),
    ("MOBILE-1", "Mobile clinic 1 (Bersivé I)", "mobile_clinic", "open", "IQ", "Duhok", HUB, 2, ERBIL),
    ("MOBILE-2", "Mobile clinic 2 (Bersivé II)", "mobile_clinic", "open", "IQ", "Duhok", HUB, 2, ERBIL),
    ("MOBILE-3", "Mobile clinic 3 (Qadia)", "mobile_clinic", "open", "IQ", "Duhok", HUB, 2, ERBIL),
    (CENTER, "Center for Survivors, Duhok", "hospital", "open", "IQ", "Duhok", HUB, 2, ERBIL),
    (MARTUNI, "Martuni hospital", "partner", "open", "AM", None, None, 25, "Asia/Yerevan"),
    (ATHENS, "Partner health centres, Athens", "partner", "open", "GR", "Attica", None, 12, "Europe/Athens"),
)

HOSPITAL, PHARMA, HYGIENE, MARIE, ARAM, FOUNDATION = (
    "CH-SAINT-AUBIN",
    "VALMEDIS",
    "HYGIA",
    "DUBOIS-M",
    "HAGOPIAN-A",
    "HORIZONS",
)
_DONORS = (
    (HOSPITAL, "Centre hospitalier Saint-Aubin", "dons@saint-aubin.example"),
    (PHARMA, "Laboratoires Valmédis", "solidarite@valmedis.example"),
    (HYGIENE, "Hygia Propreté", "contact@hygia.example"),
    (MARIE, "Marie Dubois", "marie.dubois@courriel.example"),
    (ARAM, "Aram Hagopian", "aram.hagopian@courriel.example"),
    (FOUNDATION, "Fondation Horizons Solidaires", "projets@horizons.example"),
)

_PEOPLE = (
    ("admin", "Claire Moreau", Role.ADMIN, (), None, "fr"),
    ("coordinator", "Helen Garner", Role.COORDINATOR, (), None, "en"),
    ("warehouse", "Rebin Karim", Role.WAREHOUSE, (HUB,), None, "en"),
    ("clinic", "Dr Zilan Hasan", Role.CLINIC, (DARKAR,), None, "en"),
    ("donor", "Luc Berthier", Role.DONOR, (), PHARMA, "fr"),
    ("viewer", "Anna Petrosyan", Role.VIEWER, (), None, "en"),
    ("depot", "Jean-Marc Vidal", Role.WAREHOUSE, (DEPOT,), None, "fr"),
    ("erbil", "Shilan Aziz", Role.CLINIC, (ERBIL_D,), None, "en"),
    ("mobile", "Dr Azad Omar", Role.CLINIC, TEAMS, None, "en"),
    ("survivors", "Nesrin Ali", Role.CLINIC, (CENTER,), None, "en"),
)
ROLE_LOGINS = 6
"""The first so many people stand for one role each."""

TEAM_OF = {
    DEPOT: "depot",
    HUB: "warehouse",
    DARKAR: "clinic",
    ERBIL_D: "erbil",
    CENTER: "survivors",
} | dict.fromkeys(TEAMS, "mobile")
"""site -> who works there."""


def email(person: str) -> str:
    """The address of a person of the demonstration."""
    return f"{person}@demo.example"


def logins() -> list[dict[str, str | None]]:
    """One login per role: `role`, `email`, `password`, and the `place` where that person works."""
    return [
        {
            "role": role.value,
            "email": email(person),
            "password": PASSWORD,
            "place": donor or (codes[0] if codes else None),
        }
        for person, _, role, codes, donor, _ in _PEOPLE[:ROLE_LOGINS]
    ]


def settle(session: Session) -> None:
    """Make sites, donors, the catalogue and the accounts."""
    names = (
        "code",
        "name",
        "kind",
        "status",
        "country",
        "admin1",
        "supplied_by",
        "lead_time_days",
        "timezone",
    )
    for row in _SITES:
        sites.add_site(
            session,
            SYSTEM,
            dict(zip(names, row, strict=True)) | ({"sensitive": True} if row[0] == MARTUNI else {}),
        )
    for code, name, address in _DONORS:
        donors.add_donor(session, SYSTEM, {"code": code, "name": name, "email": address})
    for thing in THINGS.values():
        catalogue.add_item(session, SYSTEM, thing.fields())
    for person, name, role, codes, donor, language in _PEOPLE:
        command = accounts.NewUser(email(person), name, role, codes, donor, PASSWORD, language)
        accounts.add_user(session, SYSTEM, command)


def week_of(site: str, item: str) -> float:
    """How much of an item a site hands out in a week, in base units."""
    return SURVIVORS.get(item, 0) if site == CENTER else THINGS[item].weekly * SHARE[site]


def carried(site: str) -> tuple[str, ...]:
    """What a site hands out."""
    return tuple(SURVIVORS) if site == CENTER else MOBILE if site in TEAMS else EVERYDAY


def whole_packs(item: str, quantity: float) -> int:
    """`quantity` in whole packs, rounded up."""
    pack = THINGS[item].pack
    return ceil(quantity / pack) * pack


def set_policies(session: Session) -> None:
    """Levels in weeks of use: emergency two, reorder five, maximum sixteen; in months for what survivors need."""
    for site in (DARKAR, ERBIL_D, *TEAMS):
        for item in carried(site):
            week = week_of(site, item)
            levels = (1, 3, 30) if site in TEAMS else (2, 5, 16)
            sites.set_policy(session, SYSTEM, site, item, _weeks(item, week, *levels))
    for item in ("SERT-50", "ACU-25", "SPECULUM", "CYTO-BRUSH"):
        months = {
            "minimum_months": Decimal(1),
            "maximum_months": Decimal(4),
            "emergency_months": Decimal("0.5"),
        }
        sites.set_policy(
            session, SYSTEM, CENTER, item, {"method": "months", **months, "order_multiple": THINGS[item].pack}
        )
    for item in EVERYDAY:
        sites.set_policy(
            session, SYSTEM, HUB, item, _weeks(item, THINGS[item].weekly * sum(SHARE.values()), 4, 12, 52)
        )


def _weeks(item: str, week: float, emergency: int, reorder: int, maximum: int) -> dict[str, object]:
    return {
        "method": "fixed",
        "emergency_point": ceil(week * emergency),
        "reorder_point": ceil(week * reorder),
        "maximum": whole_packs(item, week * maximum),
        "order_multiple": THINGS[item].pack,
    }
