"""What gunicorn and the flask command load: `gunicorn wsgi:app`."""

import sys

from config import SettingError
from inventory import create_app

try:
    app = create_app()
except SettingError as error:
    print(f"relais: {error}", file=sys.stderr)
    raise SystemExit(2) from None
