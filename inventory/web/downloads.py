"""Tables as files that a browser saves."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, request, send_file, stream_with_context

from inventory.exchange import hxl
from inventory.exchange.writing import csv_lines, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(
    ending: str,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str,
    tags: Sequence[str] | None = None,
) -> Response:
    """The rows as `csv` (sent as they are read) or `xlsx` (made in a temporary file), to be saved under `name`; below
    the header the HXL `tags`, where they were asked for."""
    if ending == "xlsx":
        # Closed, and so removed, when the answer has been sent.
        made = tempfile.TemporaryFile()  # noqa: SIM115
        write_xlsx(made, header, rows, title, tags)
        made.seek(0)
        return send_file(made, mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    lines = (line.encode() for line in csv_lines(header, rows, bom=True, tags=tags))
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def hxl_tags(names: Sequence[str], table: str = "") -> list[str] | None:
    """The HXL tags of the columns, if the address asks for them."""
    return hxl.tags(table, names) if request.args.get("hxl") else None
