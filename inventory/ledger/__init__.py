"""The double-entry ledger of stock: `post` is its one writer, everything else reads or proves."""

from inventory.ledger._sql import insert_for
from inventory.ledger.balances import (
    LotBalance,
    balances_of,
    holders_of,
    least_between,
    lots_at,
    lots_known_at,
    lowest_since,
    on_hand_at,
)
from inventory.ledger.kits import PartHere, components_here, contents_of, kit_lots_among, kits_holding
from inventory.ledger.places import open_site, place, zone_ids, zones
from inventory.ledger.post import Entry, Move, Posted, lock_balances, post, release, reserve
from inventory.ledger.reverse import reverse
from inventory.ledger.verify import Verdict, verify
from inventory.ledger.whereabouts import Whereabouts, lots_of_batch, parts_of, whereabouts

__all__ = [
    "Entry",
    "LotBalance",
    "Move",
    "PartHere",
    "Posted",
    "Verdict",
    "Whereabouts",
    "balances_of",
    "components_here",
    "contents_of",
    "holders_of",
    "insert_for",
    "kit_lots_among",
    "kits_holding",
    "least_between",
    "lock_balances",
    "lots_at",
    "lots_known_at",
    "lots_of_batch",
    "lowest_since",
    "on_hand_at",
    "open_site",
    "parts_of",
    "place",
    "post",
    "release",
    "reserve",
    "reverse",
    "verify",
    "whereabouts",
    "zone_ids",
    "zones",
]
