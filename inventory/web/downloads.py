"""Tables as files that a browser saves."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Response, send_file, stream_with_context

from inventory.exchange.writing import csv_lines, write_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(
    ending: str, name: str, header: Sequence[str], rows: Iterable[Sequence[Any]], title: str
) -> Response:
    """The rows as `csv` (sent as they are read) or `xlsx` (made in a temporary file), to be saved under `name`."""
    if ending == "xlsx":
        # Closed, and so removed, when the answer has been sent.
        made = tempfile.TemporaryFile()  # noqa: SIM115
        write_xlsx(made, header, rows, title)
        made.seek(0)
        return send_file(made, mimetype=XLSX, as_attachment=True, download_name=f"{name}.xlsx")
    lines = (line.encode() for line in csv_lines(header, rows, bom=True))
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer
