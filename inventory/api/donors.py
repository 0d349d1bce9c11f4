"""Donors: who gave."""

from typing import Any

from flask import Response

from inventory.access import requires
from inventory.api import paging
from inventory.api.base import bp, done, me, read
from inventory.api.fields import Code, Schema, Text, optional
from inventory.queries import catalogue
from inventory.services import donors

TAG = ["Reference"]


class DonorBody(Schema):
    """A hospital, firm, association or person that gives."""

    code = Code(required=True)
    name = Text(required=True)
    email = optional(Text, most=254)


@bp.route("/donors", methods=["POST"], tags=TAG)
@requires("donors.write")
@bp.arguments(DonorBody)
@bp.response(201, DonorBody)
def add_donor(body: dict[str, Any]) -> Response:
    """Add a donor."""
    return done(DonorBody, lambda s: donors.add_donor(s, me(), body), 201)


@bp.route("/donors", methods=["GET"], tags=TAG)
@requires("donors.see")
@bp.arguments(paging.Paged, location="query")
@bp.response(200, paging.page_of(DonorBody))
def list_donors(wanted: dict[str, Any]) -> Response:
    """List donors."""
    after = paging.key_of(wanted["cursor"], [int])
    return paging.page(DonorBody, catalogue.donors_slice(read(), after, wanted["limit"]))
