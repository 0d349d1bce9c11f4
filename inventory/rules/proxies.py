"""What a site will need that has no history of its own."""

from decimal import Decimal
from fractions import Fraction

Number = int | Decimal | Fraction


def use_per_thousand(quantity: Number, contacts: Number) -> Fraction | None:
    """Base units used per 1,000 patient contacts (WHO, Estimating Drug Requirements, 1995: adjusted
    consumption); None without contacts."""
    return 1000 * Fraction(quantity) / Fraction(contacts) if contacts > 0 else None


def need_by_contacts(per_thousand: Number, contacts: Number) -> Fraction:
    """The use of a site with so many contacts, at the rate of sites like it."""
    return Fraction(per_thousand) * Fraction(contacts) / 1000


def need_by_morbidity(
    people: Number, episodes_a_year: Number, reached: Number, units_a_treatment: Number, months: Number
) -> Fraction:
    """Episodes times treatment (WHO, Estimating Drug Requirements, 1995: morbidity method): of `people`, each
    with `episodes_a_year`, the share `reached` is treated with so many base units over `months`."""
    episodes = Fraction(people) * Fraction(episodes_a_year) * Fraction(months) / 12
    return episodes * Fraction(reached) * Fraction(units_a_treatment)


def with_losses(need: Number, loss: Number) -> Fraction:
    """What to buy so that `need` is left when the share `loss` (below 1) of what is bought is lost: need / (1 -
    loss), not the need * (1 + loss) of many manuals, which falls short."""
    if not 0 <= loss < 1:
        raise ValueError("a loss is a share from 0 on and below 1")
    return Fraction(need) / (1 - Fraction(loss))
