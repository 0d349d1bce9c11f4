"""The front-end files: what is copied, and the sprite of icons."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from config import ROOT
from scripts import assets

SVG = '<svg class="icon">\n  <path stroke="none" d="M0 0h24v24H0z" fill="none" />\n  <path d="{d}" />\n</svg>'


def test_names_are_sorted_once_each_and_comments_left_out():
    assert assets.icon_names("truck\n\n# a word\nbox # why\ntruck\n") == ["box", "truck"]


def test_the_sprite_has_a_symbol_for_each_name(tmp_path: Path):
    for name, d in {"box": "M1 1", "truck": "M2 2"}.items():
        (tmp_path / f"{name}.svg").write_text(SVG.format(d=d))
    drawn = ET.fromstring(assets.sprite(["box", "truck"], tmp_path))
    symbols = {symbol.get("id"): [path.get("d") for path in symbol] for symbol in drawn}
    assert symbols == {"box": ["M1 1"], "truck": ["M2 2"]}


def test_every_unknown_icon_is_named(tmp_path: Path):
    (tmp_path / "box.svg").write_text(SVG.format(d="M1 1"))
    with pytest.raises(assets.AssetError, match="bix, trick"):
        assets.sprite(["bix", "box", "trick"], tmp_path)


def test_copies_lose_their_pointer_to_a_source_map(tmp_path: Path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.js").write_text("go()\n//# sourceMappingURL=a.js.map\n")
    (tmp_path / "in/a.css").write_text("b{}\n/*# sourceMappingURL=a.css.map */")
    assets.copy({"x/a.js": "a.js", "a.css": "a.css"}, tmp_path / "in", tmp_path / "out")
    assert (tmp_path / "out/x/a.js").read_text() == "go()\n"
    assert (tmp_path / "out/a.css").read_text() == "b{}\n"


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(assets.AssetError, match=r"a\.js is not in node_modules"):
        assets.copy({"a.js": "a.js"}, tmp_path, tmp_path / "out")


def test_everything_listed_was_copied():
    for target in [*assets.FILES, "icons.svg"]:
        assert (assets.VENDOR / target).stat().st_size > 1000, target


def without_comments(template: str) -> str:
    return re.sub(r"{#.*?#}", "", template, flags=re.DOTALL)


def test_every_icon_that_a_template_names_is_in_the_list():
    listed = set(assets.icon_names(assets.ICON_NAMES.read_text()))
    named = {
        (name, str(path.relative_to(ROOT)))
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(
            r"""\b(?:icon\(|glyph=)\s*["']([a-z0-9-]+)["']""", without_comments(path.read_text())
        )
    }
    assert {(name, path) for name, path in named if name not in listed} == set()


def test_no_lock_names_a_host():
    for lock in [*(ROOT / "requirements").glob("*.txt"), ROOT / ".npmrc"]:
        assert not re.search(r"\w+://|--index|--find-links", lock.read_text()), lock.name
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in packages.items() if "resolved" in package]
    assert all("integrity" in package for name, package in packages.items() if name)


def test_every_package_is_pinned_with_a_hash():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = re.sub(r"\\\n\s*", " ", lock.read_text())
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        assert lines, lock.name
        assert [line for line in lines if not re.match(r"\S+==\S+.* --hash=sha256:", line)] == [], lock.name
