import itertools

import pytest

from inventory.rules.effects import (
    EFFECTS,
    INSIDE,
    OUTSIDE,
    ZONES,
    AdjustmentReason,
    IllegalEffect,
    LocationKind,
    PostingKind,
    adjustment_effect,
    check_effect,
)

K, P = LocationKind, PostingKind


@pytest.mark.parametrize(
    ("posting", "source", "destination"),
    [
        (P.RECEIPT, K.DONOR, K.STOCK),
        (P.RECEIPT, K.SUPPLIER, K.QUARANTINE),
        (P.RECEIPT, K.DONOR, K.REFUSED),
        (P.CONSUMPTION, K.STOCK, K.PATIENTS),
        (P.ADJUSTMENT, K.FOUND, K.STOCK),
        (P.ADJUSTMENT, K.STOCK, K.LOST),
        (P.DISPOSAL, K.REFUSED, K.DISPOSED),
        (P.COUNT, K.STOCK, K.LOST),
        (P.COUNT, K.FOUND, K.STOCK),
        (P.ZONE_MOVE, K.STOCK, K.QUARANTINE),
        (P.DISPATCH, K.STOCK, K.IN_TRANSIT),
        (P.DISPATCH, K.SUPPLIER, K.IN_TRANSIT),
        (P.SHIPMENT_RECEIPT, K.IN_TRANSIT, K.PARTNER),
        (P.SHIPMENT_RECEIPT, K.IN_TRANSIT, K.MISSING),
        (P.FOUND, K.MISSING, K.QUARANTINE),
        (P.WRITE_OFF, K.MISSING, K.LOST),
        (P.REVERSAL, K.STOCK, K.DONOR),
        (P.REVERSAL, K.PATIENTS, K.STOCK),
    ],
)
def test_what_a_document_does(posting, source, destination):
    check_effect(posting, source, destination)


@pytest.mark.parametrize(
    ("posting", "source", "destination"),
    [
        (P.RECEIPT, K.STOCK, K.DONOR),
        (P.CONSUMPTION, K.QUARANTINE, K.PATIENTS),
        (P.DISPATCH, K.REFUSED, K.IN_TRANSIT),
        (P.DISPATCH, K.QUARANTINE, K.IN_TRANSIT),
        (P.ZONE_MOVE, K.STOCK, K.STOCK),
        (P.REVERSAL, K.DONOR, K.PATIENTS),
        (P.WRITE_OFF, K.STOCK, K.LOST),
    ],
)
def test_what_it_cannot_do(posting, source, destination):
    with pytest.raises(IllegalEffect, match="cannot move"):
        check_effect(posting, source, destination)


def test_every_kind_of_posting_has_its_effects_and_moves_something_inside_or_missing():
    assert set(EFFECTS) == set(PostingKind)
    for source, destination in itertools.chain.from_iterable(EFFECTS.values()):
        assert source is not destination
        assert source in INSIDE or destination in INSIDE or K.MISSING in (source, destination)


def test_every_effect_can_be_reversed():
    for posting, pairs in EFFECTS.items():
        if posting is not P.REVERSAL:
            for source, destination in pairs:
                check_effect(P.REVERSAL, destination, source)


def test_the_kinds_fall_into_inside_and_outside():
    assert set(LocationKind) == INSIDE | OUTSIDE
    assert not INSIDE & OUTSIDE
    assert ZONES < INSIDE


@pytest.mark.parametrize("reason", AdjustmentReason)
@pytest.mark.parametrize("quantity", [-3, 0, 3])
def test_an_adjustment_goes_the_way_of_its_reason(reason, quantity):
    effect = adjustment_effect(reason, quantity)
    adds = reason in ("found", "correction") and quantity > 0
    takes = reason != "found" and quantity < 0
    assert effect == ((K.FOUND, K.STOCK) if adds else (K.STOCK, K.LOST) if takes else None)
    if effect:
        check_effect(P.ADJUSTMENT, *effect)
