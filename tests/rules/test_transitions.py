import pytest

from inventory.errors import Conflict
from inventory.rules.transitions import _SAID, TRANSITIONS, allowed_actions, check, is_open


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("requisition", "draft submit submitted approve approved ship in_shipment fulfil fulfilled"),
        ("requisition", "draft submit submitted reject rejected"),
        ("requisition", "draft cancel cancelled"),
        ("requisition", "submitted cancel cancelled"),
        ("requisition", "approved cancel cancelled"),
        ("requisition", "in_shipment cancel cancelled"),
        ("requisition", "in_shipment release approved"),
        ("shipment", "draft pack draft dispatch dispatched deliver arrived receive received"),
        ("shipment", "dispatched receive received find received write_off received"),
        ("shipment", "dispatched receive_part arrived receive_part arrived receive received"),
        ("shipment", "draft cancel cancelled"),
    ],
)
def test_the_ways_a_document_goes(kind, path):
    words = path.split()
    state = words[0]
    for action, following in zip(words[1::2], words[2::2], strict=True):
        state = check(kind, state, action)
        assert state == following


@pytest.mark.parametrize(
    ("kind", "state", "action"),
    [
        ("requisition", "draft", "approve"),
        ("requisition", "approved", "approve"),
        ("requisition", "rejected", "submit"),
        ("requisition", "fulfilled", "cancel"),
        ("shipment", "draft", "receive"),
        ("shipment", "draft", "deliver"),
        ("shipment", "dispatched", "cancel"),
        ("shipment", "dispatched", "dispatch"),
        ("shipment", "dispatched", "pack"),
        ("shipment", "received", "receive"),
        ("shipment", "arrived", "write_off"),
        ("shipment", "cancelled", "dispatch"),
    ],
)
def test_a_state_that_does_not_allow_it_says_what_it_allows(kind, state, action):
    with pytest.raises(Conflict) as caught:
        check(kind, state, action)
    assert str(caught.value).startswith(f"This {kind} ")


@pytest.mark.parametrize("kind", TRANSITIONS)
def test_every_state_is_known_and_has_its_sentence(kind):
    states = TRANSITIONS[kind]
    assert {following for actions in states.values() for following in actions.values()} <= set(states)
    assert set(_SAID[kind]) == set(states)


def test_a_closed_document_allows_nothing_that_changes_its_state():
    assert not is_open("shipment", "received")
    assert is_open("shipment", "dispatched")
    assert not is_open("requisition", "rejected")
    assert allowed_actions("requisition", "submitted") == ["approve", "reject", "cancel"]
    assert allowed_actions("shipment", "cancelled") == []
