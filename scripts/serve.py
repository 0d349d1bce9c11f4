"""What `make run` starts: `flask prepare`, then gunicorn, in one process, so that the program is loaded once."""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent


def prepare() -> int:
    """Bring the database up to date, and the demonstration into an empty one. 0, or the status to exit with."""
    from inventory.db import db
    from wsgi import app

    with app.app_context():
        try:
            app.cli.commands["prepare"].main(args=[], prog_name="flask prepare", standalone_mode=False)
        except click.ClickException as error:
            error.show()
            return error.exit_code
        except click.exceptions.Exit as stop:
            return stop.exit_code
        finally:
            db.engine.dispose()  # a connection must not be shared with the workers
    return 0


def main() -> int:
    """Serve until stopped. Takes gunicorn's options."""
    sys.path.insert(0, str(ROOT))
    status = prepare()
    if status:
        return status
    from gunicorn.app.wsgiapp import WSGIApplication

    sys.argv = ["gunicorn", *sys.argv[1:], "wsgi:app"]
    WSGIApplication("%(prog)s [OPTIONS] [APP_MODULE]", prog="gunicorn").run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
