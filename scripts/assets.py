"""Copy the front-end files that the pages use out of node_modules into static/vendor.

There is no build: each file is served as its maker published it. The icons named in scripts/icons.txt
become the symbols of one SVG sprite, `static/vendor/icons.svg#NAME`.
"""

import re
import shutil
import sys
from pathlib import Path

from whitenoise.compress import Compressor

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_NAMES = ROOT / "scripts" / "icons.txt"
ICON_FOLDER = MODULES / "@tabler" / "icons" / "icons" / "outline"

# The papers' fonts: those of the pages are the reader's own.
_FONTS = {
    "NotoSans": ("noto-sans", "400Regular", "600SemiBold"),
    "NotoSansArabic": ("noto-sans-arabic", "400Regular", "600SemiBold"),
    "NotoSansArmenian": ("noto-sans-armenian", "400Regular", "600SemiBold"),
    "NotoEmoji": ("noto-emoji", "400Regular"),
}
FILES = {
    "bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap.rtl.min.css": "bootstrap/dist/css/bootstrap.rtl.min.css",
    "bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "tom-select.complete.min.js": "tom-select/dist/js/tom-select.complete.min.js",
    "tom-select.bootstrap5.min.css": "tom-select/dist/css/tom-select.bootstrap5.min.css",
    "zxing-reader.js": "zxing-wasm/dist/iife/reader/index.js",
    "zxing-reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "zxing-reader.LICENSE": "zxing-wasm/LICENSE",
    **{
        f"fonts/{name}-{weight[3:]}.ttf": f"@expo-google-fonts/{package}/{weight}/{name}_{weight}.ttf"
        for name, (package, *weights) in _FONTS.items()
        for weight in weights
    },
}

_SOURCE_MAP = re.compile(rb"\n?(?://# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")
_ICON_BODY = re.compile(r"<svg\b[^>]*>(.*)</svg>", re.DOTALL)
_SPACER = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')
_SYMBOL = (
    '<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
)


class AssetError(Exception):
    """A file or an icon is not there."""


def icon_names(text: str) -> list[str]:
    """The names of an icon list, one a line, sorted; blank lines and `#` comments are left out."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str], folder: Path) -> str:
    """One SVG with a symbol per icon of `folder`; AssetError names every icon that is unknown."""
    unknown = [name for name in names if not (folder / f"{name}.svg").is_file()]
    if unknown:
        raise AssetError(f"{ICON_NAMES.name} names icons that do not exist: {', '.join(unknown)}")
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{"".join(_symbol(name, folder) for name in names)}</svg>\n'


def _symbol(name: str, folder: Path) -> str:
    found = _ICON_BODY.search((folder / f"{name}.svg").read_text(encoding="utf-8"))
    if found is None:
        raise AssetError(f"{name}.svg is no SVG")
    body = " ".join(_SPACER.sub("", found[1]).split())
    return _SYMBOL.format(name=name, body=body) + "\n"


def copy(files: dict[str, str], modules: Path, vendor: Path) -> None:
    """Copy each file; the pointers to source maps, which are not served, are cut off."""
    for target, source in files.items():
        if not (modules / source).is_file():
            raise AssetError(f"{source} is not in node_modules: run `make clean-assets assets`")
        to = vendor / target
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(_SOURCE_MAP.sub(b"\n", (modules / source).read_bytes()))


def compress(folder: Path) -> None:
    """Lay a `.gz` beside each style sheet, script, program and drawing that it makes smaller, for WhiteNoise."""
    for old in folder.rglob("*.gz"):
        old.unlink()
    compressor = Compressor(use_brotli=False, quiet=True)
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".css", ".js", ".svg", ".json", ".webmanifest", ".wasm"}:
            list(compressor.compress(str(path)))


def main() -> int:
    """Fill static/vendor afresh. Exit status 1 and one line where something is missing."""
    fresh = VENDOR.with_name("vendor.new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        copy(FILES, MODULES, fresh)
        icons = sprite(icon_names(ICON_NAMES.read_text(encoding="utf-8")), ICON_FOLDER)
        (fresh / "icons.svg").write_text(icons, encoding="utf-8")
    except AssetError as error:
        shutil.rmtree(fresh, ignore_errors=True)
        print(f"assets: {error}", file=sys.stderr)
        return 1
    shutil.rmtree(VENDOR, ignore_errors=True)
    fresh.rename(VENDOR)
    compress(VENDOR.parent)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
