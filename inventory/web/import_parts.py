"""What the pages of the import wizard share: the folder of uploads, the file of an address, the allowed size."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app

from inventory.db import session
from inventory.errors import Conflict, msg
from inventory.exchange.uploads import Uploads
from inventory.models import ImportFile
from inventory.models.importing import ImportStatus
from inventory.services import import_files
from inventory.web.guard import me


def uploads_here() -> Uploads:
    """The uploads of this instance."""
    return Uploads(current_app.config["RELAIS"].instance)


def file_of(file_id: int) -> ImportFile:
    """The file of an address, for whoever may see it. Raises NotFound."""
    return import_files.get_file(session(), me(), min(file_id, 2**62))


def most_bytes() -> int:
    """The largest file that is taken, in bytes."""
    return int(current_app.config["RELAIS"].import_max_mb) << 20


SETTLED = (ImportStatus.RUNNING, ImportStatus.DONE, ImportStatus.REFUSED)
"""From here on nothing is read anew."""


@contextmanager
def alone_with(file: ImportFile) -> Iterator[None]:
    """Nobody else reads the file meanwhile. Raises Conflict where somebody does, or where it is settled."""
    if file.stored is None or file.status in SETTLED:
        raise Conflict(msg("This file is done with. Upload it again to read it otherwise."))
    with uploads_here().alone(file.stored) as mine:
        if not mine:
            raise Conflict(
                msg("The file is being read just now, perhaps in another tab. Try again in a moment.")
            )
        yield
