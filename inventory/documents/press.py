"""From a payload to a PDF, through a Typst template that lies beside this file.

The payload goes in as JSON and the template shows its strings as text, so nothing in it is ever read as
markup. Fonts are those that the set-up copies into `static/vendor/fonts`, and no others, so that a paper
looks the same everywhere.
"""

import json
import subprocess  # nosec B404
import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal

import typst

from inventory.documents.wording import Payload

_HERE = Path(__file__).parent
FONTS = _HERE.parents[1] / "static" / "vendor" / "fonts"
_TEMPLATES = _HERE / "templates"
_FAMILIES = {"Noto Sans", "Noto Sans Arabic", "Noto Sans Armenian", "Noto Emoji"}
_lock = Lock()
_LONGEST = 55
"""Seconds: the server gives a request a minute."""


class FontsMissing(RuntimeError):
    """The set-up has not put the fonts in their place."""


@cache
def _compiler() -> typst.Compiler:
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    missing = _FAMILIES.difference(found.families())
    if missing:
        raise FontsMissing(f"no {', '.join(sorted(missing))} in {FONTS}: run make install")
    return typst.Compiler(root=str(_TEMPLATES), font_paths=found)


def press(
    template: str, payload: Payload, *, form: Literal["pdf", "png"] = "pdf", ppi: float = 72
) -> list[bytes]:
    """The PDF in one piece (`form="pdf"`), or a picture of each page (`form="png"`, `ppi` dots an inch)."""
    text = json.dumps(payload, ensure_ascii=False)
    # One compiler keeps its fonts and what it has read of the templates; it is not made for two threads.
    with _lock:
        made = _compiler().compile(
            input=str(_TEMPLATES / f"{template}.typ"), format=form, ppi=ppi, sys_inputs={"data": text}
        )
    if made is None:
        raise RuntimeError(f"{template} came out empty")
    return list(made) if isinstance(made, list) else [made]


def press_apart(template: str, payload: Payload) -> bytes:
    """The PDF of a big paper, made in a process of its own: see `apart`."""
    _compiler()  # says so where fonts are missing
    made = subprocess.run(  # nosec B603
        [sys.executable, "-I", str(_HERE / "apart.py"), str(_TEMPLATES / f"{template}.typ"), str(FONTS)],
        input=json.dumps(payload, ensure_ascii=False).encode(),
        capture_output=True,
        check=False,
        timeout=_LONGEST,
    )
    if made.returncode != 0 or not made.stdout:
        raise RuntimeError(f"{template}: {made.stderr.decode(errors='replace')[-2000:]}")
    return made.stdout
