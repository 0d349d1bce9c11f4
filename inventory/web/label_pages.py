"""Labels to print: of a receipt's lots, a lot, a shipment's packages, bins; which sheets, where to begin, how many."""

from collections.abc import Sequence
from typing import Any

from babel.support import Translations
from flask import Blueprint, Response, current_app, render_template, request
from flask import session as cookies
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from inventory.access import requires
from inventory.db import session
from inventory.documents.labels import Label, render_labels
from inventory.errors import DomainError, FieldError, Invalid, Message, msg
from inventory.extensions import TRANSLATIONS, current_language, spoken
from inventory.languages import Language, language
from inventory.queries.labels import Printable, Wanted, printable
from inventory.rules.label_sheets import MOST_LABELS, SHEETS, for_packages
from inventory.web.forms import Choice, FilterForm, Text, Whole, put_errors
from inventory.web.guard import me
from inventory.web.pages import my_sites, site_choices

bp = Blueprint("labels", __name__, url_prefix="/labels")

KINDS = {
    "receipt": _l("All lots of a receipt"),
    "lot": _l("One lot"),
    "shipment": _l("All packages of a shipment"),
    "package": _l("One package"),
    "bins": _l("Bins"),
}
FORMATS = {
    "a4-3x7": _l("A4, 3 × 7 labels of 63.5 × 38.1 mm"),
    "a4-2x7": _l("A4, 2 × 7 labels of 99.1 × 38.1 mm"),
    "a4-3x8": _l("A4, 3 × 8 labels of 70 × 37 mm"),
    "a4-4x12": _l("A4, 4 × 12 labels of 45.7 × 21.2 mm"),
    "a4-2x2": _l("A4, 2 × 2 labels of 105 × 148 mm"),
    "a6": _l("Label printer, 105 × 148 mm (A6)"),
    "100x150": _l("Label printer, 100 × 150 mm"),
    "100x50": _l("Label printer, 100 × 50 mm"),
    "60x40": _l("Label printer, 60 × 40 mm"),
    "50x30": _l("Label printer, 50 × 30 mm"),
}
USUAL = {"receipt": "a4-3x7", "lot": "a4-3x7", "shipment": "a4-2x2", "package": "100x150", "bins": "a4-2x7"}
COUNTED = 60
"""Labels up to which each has a count of its own; with more of them an address would be too long."""


class LabelForm(FilterForm):
    """What is printed on which sheets."""

    what = Choice(_l("What for"), choices=list(KINDS.items()), default="receipt")
    site = Choice(_l("Site"), description=_l("For a lot and for bins."))
    of = Text(
        _l("Number or code"),
        description=_l(
            "Of the receipt, shipment, package (SSCC) or lot. For bins: A-01, or a row A-01..A-20; empty for all."
        ),
        render_kw={"maxlength": 100, "dir": "ltr", "autocomplete": "off"},
    )
    item = Text(
        _l("Item's code"),
        description=_l("Where several items have a lot of that number."),
        render_kw={"maxlength": 32, "dir": "ltr"},
    )
    format = Choice(_l("Labels"), choices=list(FORMATS.items()))
    start = Whole(
        _l("Begin at label"),
        default=1,
        description=_l("On a sheet that was used before: the first that is free."),
    )
    copies = Whole(_l("Copies of each"), default=1)
    language = Choice(_l("Language"))

    def wanted(self) -> Wanted:
        """What the queries take."""
        return Wanted(self.what.data or "", self.of.data or "", self.site.data or "", self.item.data or "")


@bp.get("")
@requires("labels.print")
def index() -> ResponseReturnValue:
    """What to print; with something chosen, how many of each."""
    form = _form()
    if "of" not in request.args and "site" not in request.args:
        return _page(form, [])
    try:
        return _page(form, _found(form))
    except DomainError as error:
        return _refused(form, [], error)


@bp.get("/labels.pdf")
@requires("labels.print")
def paper() -> ResponseReturnValue:
    """The labels as PDF; what was chosen is remembered for the next time."""
    form = _form()
    found: Sequence[Printable] = []
    try:
        found = _found(form)
        if not form.validate():
            return _page(form, found, 422)
        counted = _counted(form, found)
        chosen = language(form.language.data) or current_language()
        made = render_labels(
            counted,
            SHEETS[form.format.data or ""],
            form.start.data or 1,
            locale=chosen.tag,
            direction="rtl" if chosen.direction == "rtl" else "ltr",
            translate=_Translator(chosen),
        )
    except DomainError as error:
        return _refused(form, found, error)
    kept = dict(cookies.get("labels") or {})
    cookies["labels"] = kept | {form.what.data: form.format.data, "language": chosen.tag}
    answer = Response(made, content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'inline; filename="labels.pdf"'
    answer.headers["Cache-Control"] = "no-store"
    return answer


class _Translator:
    """Messages in a language that need not be that of the page."""

    def __init__(self, chosen: Language) -> None:
        self._catalogue = Translations.load(str(TRANSLATIONS), [chosen.catalogue])

    def __call__(self, message: Message) -> str:
        text = str(self._catalogue.gettext(message.text))
        return text % message.params if message.params else text


def _form() -> LabelForm:
    """The form as it was asked for, and else as it was filled in the last time."""
    kept: dict[str, Any] = cookies.get("labels") or {}
    what = request.args.get("what", "receipt")
    usual = {
        "format": kept.get(what) or USUAL.get(what),
        "language": kept.get("language") or current_language().tag,
        "site": cookies.get("site"),
    }
    form = LabelForm(request.args, data=usual)
    # Where an address leaves a field out, a form that was sent would have it empty.
    for name in ("what", "format", "start", "copies", "language"):
        if name not in request.args:
            form[name].process(None, usual.get(name) or form[name].default)
        form[name].flags.required = True
    form.site.choices = site_choices(my_sites(partners=False), "–")
    if form.site.data and not any(form.site.data == code for code, _ in form.site.choices):
        form.site.choices = [*form.site.choices, (form.site.data, form.site.data)]
    form.language.choices = [(each.tag, each.name) for each in spoken()]
    return form


def _found(form: LabelForm) -> Sequence[Printable]:
    organisation = current_app.config["RELAIS"].org_name
    chosen = language(form.language.data) or current_language()
    return printable(session(), me(), form.wanted(), organisation, chosen.tag)


def _counted(form: LabelForm, found: Sequence[Printable]) -> list[tuple[Label, int]]:
    """How many of each; raises Invalid at the field that says too much."""
    sheet, errors = SHEETS[form.format.data or ""], []
    counts = [_count(form, each) for each in found]
    total = sum(counts)
    if form.start.data is None or not 1 <= form.start.data <= len(sheet):
        errors.append(FieldError("/start", msg("This sheet has labels 1 to %(most)s.", most=len(sheet))))
    if total > MOST_LABELS:
        text = msg(
            "At most %(most)s labels at a time; these would be %(count)s.", most=MOST_LABELS, count=total
        )
        errors.append(FieldError("/copies", text))
    elif total < 1:
        errors.append(FieldError("/copies", msg("No label is asked for: give a number of copies.")))
    if form.what.data in ("shipment", "package") and not for_packages(sheet):
        errors.append(
            FieldError("/format", msg("The barcode of a package does not fit on labels that small."))
        )
    if errors:
        raise Invalid(errors)
    return [(each.label, count) for each, count in zip(found, counts, strict=True) if count]


def _count(form: LabelForm, each: Printable) -> int:
    """The count of one label, or the copies of all where it has none of its own."""
    typed = request.args.get(f"n-{each.key}", "").strip()
    if f"n-{each.key}" in request.args:
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 8):
            raise Invalid.at("/copies", msg("%(code)s: give a whole number of labels.", code=each.code))
        return int(typed or 0)
    return max(0, form.copies.data or 0)


def _refused(form: LabelForm, found: Sequence[Printable], error: DomainError) -> ResponseReturnValue:
    if error.status == 403:
        raise error
    form.validate()
    put_errors(form, error)
    return _page(form, found, error.status)


def _page(form: LabelForm, found: Sequence[Printable], status: int = 200) -> ResponseReturnValue:
    return render_template("labels/index.html", form=form, found=found, counted=COUNTED), status
