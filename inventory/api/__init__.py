"""The HTTP API of contract.md, under /api/v1."""

from flask import Flask


def register(app: Flask) -> None:
    """Put the API into `app`."""
