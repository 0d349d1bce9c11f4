"""Items of another catalogue: which of ours they are like, and when one is put forward."""

import pytest

from inventory.rules.matching import SURE, best, known, likeness, put_forward

OURS = {
    "PARA-500": known("Paracetamol 500 mg tablet", name_fr="Paracétamol 500 mg, comprimé"),
    "PARA-SYR": known("Paracetamol 120 mg/5 ml oral suspension"),
    "AMOX-500": known("Amoxicillin 500 mg capsule", name_fr="Amoxicilline 500 mg, gélule"),
    "AMOX-250": known("Amoxicillin 250 mg capsule"),
    "AMOX-INJ": known("Amoxicillin 500 mg powder for injection, vial"),
    "GAUZE": known("Gauze compress 10 x 10 cm, sterile"),
}


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        (("PARACETAMOL (acetaminophen), 500 mg, tab.",), "PARA-500"),
        (("Paracétamol 500mg cp",), "PARA-500"),
        (("Paracétamol", "0,5 g", "comprimé"), "PARA-500"),
        (("AMOXICILLIN, 250 mg, caps.",), "AMOX-250"),
        (("amoxicilline 0.5 g gélule",), "AMOX-500"),
    ],
)
def test_the_same_item_is_the_best(theirs, ours):
    matches = best(known(*theirs), OURS)
    assert matches[0].code == ours, matches


def test_another_strength_or_form_is_another_item():
    wanted = known("Amoxicillin 500 mg capsule")
    assert likeness(wanted, OURS["AMOX-500"]) == 100
    assert likeness(wanted, OURS["AMOX-250"]) < SURE
    assert likeness(wanted, OURS["AMOX-INJ"]) < SURE


def test_one_is_put_forward_only_where_it_is_plain():
    assert put_forward(best(known("Amoxicilline 500 mg, gélule"), OURS)) == "AMOX-500"
    assert put_forward(best(known("Amoxicillin"), OURS)) is None
    assert put_forward(best(known("Blackboard chalk"), OURS)) is None
    assert best(known(""), OURS) == []
