"""Run by `press` as a program of its own, with nothing of ours around it: a PDF of a big paper.

Typst keeps what it has worked out for a few papers: after one with hundreds of labels that would be a hundred
megabytes and more, and every paper after it would be slower.
"""

import sys
from pathlib import Path

import typst


def main(template: str, fonts: str) -> None:
    """The payload comes in as JSON, the PDF goes out."""
    found = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[fonts])
    compiler = typst.Compiler(root=str(Path(template).parent), font_paths=found)
    data = sys.stdin.buffer.read().decode()
    made = compiler.compile(input=template, format="pdf", sys_inputs={"data": data})
    if not isinstance(made, bytes):
        raise SystemExit(f"{template} came out empty")
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
