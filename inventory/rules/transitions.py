"""What state may follow which, for requisitions and shipments: the one table of it."""

from collections.abc import Mapping
from typing import Literal

from inventory.errors import Conflict, Message, msg

Kind = Literal["requisition", "shipment"]

TRANSITIONS: Mapping[Kind, Mapping[str, Mapping[str, str]]] = {
    "requisition": {
        "draft": {"edit": "draft", "submit": "submitted", "cancel": "cancelled"},
        "submitted": {"approve": "approved", "reject": "rejected", "cancel": "cancelled"},
        "approved": {"ship": "in_shipment", "cancel": "cancelled"},
        # `release`: its shipment was cancelled before it left.
        "in_shipment": {"fulfil": "fulfilled", "release": "approved", "cancel": "cancelled"},
        "rejected": {},
        "fulfilled": {},
        "cancelled": {},
    },
    "shipment": {
        "draft": {
            "edit": "draft",
            "pack": "draft",
            "record": "draft",
            "dispatch": "dispatched",
            "cancel": "cancelled",
        },
        "dispatched": {
            "record": "dispatched",
            "deliver": "arrived",
            # Goods may be received without anybody having told that they were delivered.
            "receive": "received",
            "receive_part": "arrived",
        },
        "arrived": {
            "record": "arrived",
            "deliver": "arrived",
            "receive": "received",
            "receive_part": "arrived",
        },
        "received": {
            "record": "received",
            "deliver": "received",
            "find": "received",
            "write_off": "received",
        },
        "cancelled": {},
    },
}
"""kind -> state -> action -> the state that follows."""

_SAID: Mapping[Kind, Mapping[str, Message]] = {
    "requisition": {
        "draft": msg("This requisition is a draft: it can be changed, submitted or cancelled."),
        "submitted": msg("This requisition is submitted: it can be approved, rejected or cancelled."),
        "approved": msg("This requisition is approved: it can be put in a shipment or cancelled."),
        "in_shipment": msg(
            "This requisition is in a shipment: it can be cancelled, or fulfilled by its receipt."
        ),
        "rejected": msg("This requisition was rejected: nothing more can be done with it."),
        "fulfilled": msg("This requisition is fulfilled: nothing more can be done with it."),
        "cancelled": msg("This requisition was cancelled: nothing more can be done with it."),
    },
    "shipment": {
        "draft": msg("This shipment is a draft: it can be packed, dispatched or cancelled."),
        "dispatched": msg("This shipment is on its way: milestones can be recorded, and it can be received."),
        "arrived": msg("This shipment has arrived: it can be received."),
        "received": msg("This shipment was received: only missing goods can still be found or written off."),
        "cancelled": msg("This shipment was cancelled: nothing more can be done with it."),
    },
}


def allowed_actions(kind: Kind, state: str) -> list[str]:
    """What can be done with a document of that kind in that state."""
    return list(TRANSITIONS[kind][state])


def is_open(kind: Kind, state: str) -> bool:
    """Whether the document still waits for something: a received shipment, say, does not."""
    return any(following != state for following in TRANSITIONS[kind][state].values())


def check(kind: Kind, current: str, action: str) -> str:
    """The state that follows `current` when `action` is done.

    Raises `Conflict` that says what can be done now; KeyError for a kind or state that does not exist.
    """
    following = TRANSITIONS[kind][current].get(action)
    if following is None:
        raise Conflict(_SAID[kind][current])
    return following
