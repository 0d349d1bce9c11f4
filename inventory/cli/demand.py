"""`flask demand score`: our forecast and the averages in use, measured on a file of monthly consumption."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from flask.cli import AppGroup

from inventory.rules import scoring
from inventory.rules.scoring import Month, Score

demand = AppGroup("demand", help="The demand to expect.")
COMMANDS = (demand,)

SETTINGS = {"last": "the last three months", "rolling": "three months after every month"}
VIEWS = {"recorded": "every month as recorded", "in_stock": "months with stock"}


@dataclass(frozen=True, slots=True)
class Columns:
    """The headers of the file. Without the three of stock nothing is known of months without it."""

    year: str
    month: str
    site: str
    product: str
    quantity: str
    opening: str
    received: str
    closing: str

    @property
    def needed(self) -> tuple[str, ...]:
        return self.year, self.month, self.site, self.product, self.quantity

    @property
    def stock(self) -> tuple[str, ...]:
        return self.opening, self.received, self.closing


class _Refused(click.ClickException):
    """The file cannot be scored."""


@demand.command("score", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--year", default="year", show_default=True, metavar="COLUMN")
@click.option("--month", default="month", show_default=True, metavar="COLUMN", help="1 to 12.")
@click.option("--site", default="site_code", show_default=True, metavar="COLUMN")
@click.option("--product", default="product_code", show_default=True, metavar="COLUMN")
@click.option(
    "--quantity", default="stock_distributed", show_default=True, metavar="COLUMN", help="What was used."
)
@click.option("--opening", default="stock_initial", show_default=True, metavar="COLUMN")
@click.option("--received", default="stock_received", show_default=True, metavar="COLUMN")
@click.option("--closing", default="stock_end", show_default=True, metavar="COLUMN")
def score_command(file: Path, **columns: str) -> None:
    """Score the forecast of three months on FILE, a CSV with a row per site, product and month.

    Beside it stand the mean of the last three months and the median of the last six. A month without a row is
    missing: left out for every method. A month that opened and closed at nothing, with nothing received and
    nothing used, was without stock: where months with stock are compared it is left out, and our forecast
    knows of it. The last line is all of it as JSON.
    """
    series, stock_known = _read(file, Columns(**columns))
    months = [month for known in series.values() for month in known]
    if not months:
        raise _Refused(f"{file.name} has no row below its header.")
    told = {
        "series": len(series),
        "months": len(months),
        "months_missing": sum(_span(known) - len(known) for known in series.values()),
        "months_without_stock": sum(month.out for month in months) if stock_known else None,
        "first": _named(min(month.number for month in months)),
        "last": _named(max(month.number for month in months)),
    }
    click.echo(
        f"{told['series']} series of site and product, {told['months']} months told from {told['first']} to"
        f" {told['last']}, {told['months_missing']} missing between them,"
        f" {'unknown how many' if not stock_known else told['months_without_stock']} without stock"
    )
    results: dict[str, dict[str, dict[str, Score]]] = {}
    for view in VIEWS if stock_known else ("recorded",):
        methods = {**scoring.METHODS, **(scoring.CORRECTED if view == "in_stock" else {})}
        for setting, title in SETTINGS.items():
            try:
                scores = scoring.score(
                    series.values(), methods, rolling=setting == "rolling", in_stock=view == "in_stock"
                )
            except ValueError:
                raise _Refused(
                    f"{file.name} is too short: nothing in it can be compared three months ahead."
                ) from None
            results.setdefault(view, {})[setting] = scores
            click.echo("\n" + "\n".join(_table(f"{title}, {VIEWS[view]}", scores)))
    click.echo()
    click.echo(json.dumps({**told, **_plain(results)}))


def _table(title: str, scores: Mapping[str, Score]) -> Iterator[str]:
    points = next(iter(scores.values())).points
    yield f"{title[0].upper()}{title[1:]} ({points} compared)"
    yield f"  {'method':26}{'MAE':>10}{'WAPE':>9}{'bias':>9}"
    for name, score in scores.items():
        yield f"  {name:26}{score.mae:10.3f}{_share(score.wape):>9}{_share(score.bias, '+'):>9}"


def _share(value: float | None, sign: str = "") -> str:
    return "-" if value is None else f"{value:{sign}.1%}"


def _plain(results: Mapping[str, Mapping[str, Mapping[str, Score]]]) -> dict[str, object]:
    """The scores for JSON, and whether ours was nearer than both baselines everywhere."""
    best = all(
        scores[scoring.OURS].mae < scores[name].mae
        for settings in results.values()
        for scores in settings.values()
        for name in scoring.BASELINES
    )
    plain = {
        view: {
            setting: {
                name: {
                    word: round(value, 6) if value is not None else None
                    for word, value in asdict(score).items()
                }
                for name, score in scores.items()
            }
            for setting, scores in settings.items()
        }
        for view, settings in results.items()
    }
    return {"beats_both": best, "scores": plain}


Found = dict[tuple[str, str], list[Month]]


def _read(file: Path, columns: Columns) -> tuple[Found, bool]:
    """The series of the file, and whether it tells of stock."""
    seen: dict[tuple[str, str, int], int] = {}
    series: Found = defaultdict(list)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            headers = rows.fieldnames or ()
            missing = [name for name in columns.needed if name not in headers]
            if missing:
                raise _Refused(f"{file.name} has no column {', '.join(missing)}.")
            stock_known = all(name in headers for name in columns.stock)
            for row in rows:
                line = rows.line_num
                site, product, month = _month(row, columns, stock_known, line)
                before = seen.setdefault((site, product, month.number), line)
                if before != line:
                    raise _Refused(
                        f"Lines {before} and {line} both tell {_named(month.number)} of {product} at {site}."
                    )
                series[site, product].append(month)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _Refused(f"{file.name} cannot be read as a CSV file in UTF-8: {error}.") from None
    return series, stock_known


def _month(
    row: dict[str, str | None], columns: Columns, stock_known: bool, line: int
) -> tuple[str, str, Month]:
    def number(column: str) -> int:
        told = (row[column] or "").strip()
        if not (told.isascii() and told.isdigit() and len(told) <= 15):
            raise _Refused(f"Line {line}: {column} is no whole number from 0 on: {told!r}.")
        return int(told)

    year, month, used = number(columns.year), number(columns.month), number(columns.quantity)
    if not (1 <= year <= 9999 and 1 <= month <= 12):
        raise _Refused(f"Line {line}: there is no month {month} of {year}.")
    out = stock_known and used == 0 and all(_is_nothing(row[name] or "") for name in columns.stock)
    site, product = ((row[name] or "").strip() for name in (columns.site, columns.product))
    return site, product, Month(year * 12 + month - 1, used, out)


def _is_nothing(told: str) -> bool:
    """Whether a stock is told, and told to be 0; an empty cell tells nothing."""
    try:
        return Decimal(told.strip()) == 0
    except InvalidOperation:
        return False


def _span(months: list[Month]) -> int:
    numbers = [month.number for month in months]
    return max(numbers) - min(numbers) + 1


def _named(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"
