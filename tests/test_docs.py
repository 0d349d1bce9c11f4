"""README.md names every setting, every command and what one can make."""

import re
from collections.abc import Iterator

import click
import pytest

from config import ROOT, SETTINGS

FLASKS_OWN = {"db", "openapi", "routes", "run", "shell"}  # what the libraries bring


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def leaves(command: click.Command, name: str) -> Iterator[str]:
    """The commands below a group, by their whole names (`users create`); hidden ones left out."""
    if command.hidden:
        return
    if isinstance(command, click.Group):
        for word, below in command.commands.items():
            yield from leaves(below, f"{name} {word}")
    else:
        yield name


def test_every_setting(readme):
    assert [name for name in SETTINGS if f"`{name}`" not in readme] == []


def test_every_command(readme, live_app):
    names = [
        leaf
        for word, command in live_app.cli.commands.items()
        if word not in FLASKS_OWN
        for leaf in leaves(command, word)
    ]
    assert [name for name in names if f"flask {name}" not in readme] == []


@pytest.mark.parametrize("target", ["run", "test", "install", "bench", "help"])
def test_what_one_can_make(readme, target):
    assert f"make {target}" in readme
    assert re.search(rf"^{target}:.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_link_to_a_file(readme):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", readme)
    assert [link for link in links if not (ROOT / link).exists()] == []
