"""What the pages of the import wizard share: the folder of uploads, the file of an address, the allowed size."""

from flask import current_app

from inventory.db import session
from inventory.exchange.uploads import Uploads
from inventory.models import ImportFile
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
