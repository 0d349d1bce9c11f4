from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.rules.packing import (
    CONTAINER_TYPES,
    Content,
    Package,
    PackageKind,
    check_nesting,
    check_tree,
    plain,
    totals,
    warnings,
    warnings_for,
)

K = PackageKind


def box(label, parent=None, kind="carton", kg=None, m3=None, contents=(), number=None):
    return Package(
        label,
        PackageKind(kind),
        parent,
        None if kg is None else Decimal(kg),
        None if m3 is None else Decimal(m3),
        number,
        tuple(contents),
    )


def rules(found):
    return [(each.label, each.finding.rule) for each in found]


@pytest.mark.parametrize(
    ("kind", "parent", "legal"),
    [
        ("container", None, True),
        ("pallet", "container", True),
        ("carton", "pallet", True),
        ("carton", "container", True),
        ("carton", "vehicle", True),
        ("carton", None, True),
        ("vehicle", "container", True),
        ("loose", "container", True),
        ("container", "pallet", False),
        ("container", "container", False),
        ("pallet", "carton", False),
        ("pallet", "pallet", False),
        ("pallet", "vehicle", False),
        ("carton", "carton", False),
        ("vehicle", "carton", False),
        ("carton", "loose", False),
    ],
)
def test_what_may_lie_in_what(kind, parent, legal):
    assert (check_nesting(K(kind), parent and K(parent)) is None) == legal


def test_a_tree_names_every_package_at_fault():
    packages = [
        box("C", kind="container"),
        box("P", "C", "pallet"),
        box("K", "P"),
        box("X", "nowhere"),
        box("Q", "K", "pallet"),
    ]
    assert [label for label, _ in check_tree(packages)] == ["X", "Q"]


def test_nothing_lies_within_itself():
    packages = [box("A", "B", "pallet"), box("B", "A", "pallet"), box("S", "S")]
    assert [(label, "itself" in str(message)) for label, message in check_tree(packages)] == [
        ("A", True),
        ("B", True),
        ("S", True),
    ]


def test_totals_add_up_the_outermost_at_their_own_or_what_they_hold():
    tablets = Content(1000, True, Decimal("0.001"), Decimal("0.000002"))
    packages = [
        box("C", kind="container", m3="30"),
        box("P", "C", "pallet", kg="400", m3="1.2"),
        box("K1", "P", kg="12", m3="0.05"),
        box("K2", "C", contents=[tablets]),
        box("K3", kg="5.5"),
        box("K4", contents=[Content(3, True)]),
    ]
    found = totals(packages)
    assert (found.gross_weight_kg, found.volume_m3, found.packages) == (Decimal("406.5"), Decimal(30), 6)


def test_an_empty_shipment_weighs_nothing():
    assert (totals([]).gross_weight_kg, totals([]).packages) == (0, 0)
    assert warnings([], "40HC") == []


def test_container_numbers_are_checked():
    assert warnings([box("C", kind="container", number="CSQU3054383")]) == []
    assert rules(warnings([box("C", kind="container", number="MSCU6639871")])) == [("C", "container_number")]


def test_a_parent_lighter_than_what_it_holds():
    packages = [box("P", kind="pallet", kg="9"), box("K1", "P", kg="5"), box("K2", "P", kg="4.5")]
    assert rules(warnings(packages)) == [("P", "parent_weight")]
    assert [finding.rule for finding in warnings_for("K2", packages)] == ["parent_weight"]
    assert warnings([replace(packages[0], gross_weight_kg=Decimal("9.5")), *packages[1:]]) == []


@pytest.mark.parametrize(
    ("m3", "said"), [("28.135", None), ("28.2", "85.2 %"), ("33.1", "100 %"), ("33.2", "do not fit")]
)
def test_a_container_is_planned_to_85_percent(m3, said):
    found = warnings([box("C", kind="container"), box("P", "C", "pallet", m3=m3)], "20DC")
    assert rules(found) == ([("C", "capacity_volume")] if said else [])
    assert said is None or said in str(found[0].finding.detail)


def test_weight_beyond_the_payload():
    packages = [
        box("C", kind="container"),
        box("A", "C", "vehicle", kg="28000"),
        box("B", "C", "loose", kg="200"),
    ]
    assert warnings(packages, "20DC") == []
    assert rules(warnings([*packages, box("D", "C", kg="1")], "20DC")) == [("C", "capacity_weight")]


def test_what_a_container_says_of_itself_counts_as_well():
    assert rules(warnings([box("C", kind="container", kg="30000", m3="32")], "20DC")) == [
        ("C", "capacity_volume"),
        ("C", "capacity_weight"),
    ]


def test_without_a_container_package_all_is_measured_together():
    packages = [box("P1", kind="pallet", m3="20"), box("P2", kind="pallet", m3="10")]
    assert rules(warnings(packages, "20DC")) == [(None, "capacity_volume")]
    assert [finding.rule for finding in warnings_for("P2", packages, "20DC")] == ["capacity_volume"]
    assert warnings(packages) == []


def test_two_containers_are_measured_each():
    packages = [box("C1", kind="container", m3="28"), box("C2", kind="container", m3="33")]
    assert rules(warnings(packages, "20DC")) == [("C2", "capacity_volume")]


def test_cartons_heavy_or_mixed():
    pills, soap = Content(1, True, Decimal(20)), Content(1, False, Decimal(20))
    assert rules(warnings([box("K", contents=[pills, soap])])) == [
        ("K", "carton_weight"),
        ("K", "mixed_carton"),
    ]
    assert rules(warnings([box("K", kg="30", contents=[pills, pills])])) == [("K", "parent_weight")]
    assert warnings([box("P", kind="pallet", kg="500", contents=[pills, soap])]) == []


def test_a_package_is_told_of_itself_and_what_it_lies_in_only():
    packages = [box("K1", kg="40"), box("K2", kg="2")]
    assert warnings_for("K2", packages) == []
    assert [finding.rule for finding in warnings_for("K1", packages)] == ["carton_weight"]


@pytest.mark.parametrize(
    ("number", "text"), [("1E+3", "1000"), ("2.50", "2.5"), ("0.000", "0"), ("100", "100")]
)
def test_numbers_are_written_plainly(number, text):
    assert plain(Decimal(number)) == text


@pytest.mark.parametrize("kind", CONTAINER_TYPES)
def test_containers_are_of_a_likely_size(kind):
    assert 25 < CONTAINER_TYPES[kind].volume_m3 < 80
    assert 20_000 < CONTAINER_TYPES[kind].payload_kg < 30_000


weights = st.none() | st.decimals(0, 1000, places=3)


@st.composite
def trees(draw):
    """Packages each of which lies in an earlier one that may hold it, or in none."""
    packages = []
    for number in range(draw(st.integers(0, 8))):
        kind = draw(st.sampled_from(PackageKind))
        homes = [p.label for p in packages if check_nesting(kind, p.kind) is None]
        parent = draw(st.none() | st.sampled_from(homes)) if homes else None
        contents = draw(
            st.lists(st.builds(Content, st.integers(1, 9), st.booleans(), weights, weights), max_size=2)
        )
        packages.append(
            Package(str(number), kind, parent, draw(weights), draw(weights), None, tuple(contents))
        )
    return packages


def naive(packages, package, own, unit):
    if getattr(package, own) is not None:
        return getattr(package, own)
    inside = sum(c.quantity * (getattr(c, unit) or 0) for c in package.contents)
    return inside + sum(naive(packages, p, own, unit) for p in packages if p.parent == package.label)


@given(trees(), st.sampled_from([None, *CONTAINER_TYPES]))
def test_any_tree_adds_up(packages, container):
    assert check_tree(packages) == []
    found = totals(packages)
    outermost = [p for p in packages if p.parent is None]
    assert found.gross_weight_kg == sum(
        naive(packages, p, "gross_weight_kg", "unit_weight_kg") for p in outermost
    )
    assert found.volume_m3 == sum(naive(packages, p, "volume_m3", "unit_volume_m3") for p in outermost)
    told = warnings(packages, container)
    assert {each.label for each in told} <= {None, *(p.label for p in packages)}
    for each in told:
        str(each.finding.detail)
    for p in packages:
        assert all(
            finding in [each.finding for each in told]
            for finding in warnings_for(p.label, packages, container)
        )
