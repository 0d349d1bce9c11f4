"""Numbers that carry their own check: GTIN and SSCC (GS1), containers (ISO 6346), vehicles (VIN)."""

import re

from biip.checksums import gs1_standard_check_digit
from stdnum.iso6346 import calc_check_digit

from inventory.errors import Message, msg

GTIN_LENGTHS = (8, 12, 13, 14)
SSCC_LENGTH = 18

_CONTAINER = re.compile(r"[A-Z]{3}[UJZ]\d{7}\Z", re.ASCII)
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}\Z")
_VIN_VALUES = dict(
    zip("0123456789ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "012345678912345678123457923456789"), strict=True)
)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


class InvalidIdentifier(ValueError):
    """The number is not what it says it is; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def gs1_check(number: str) -> bool:
    """Whether the last digit of a GTIN, GLN or SSCC fits the others (modulo 10, weights 3 and 1 from the
    right)."""
    return _is_number(number) and len(number) > 1 and gs1_standard_check_digit(number[:-1]) == int(number[-1])


def gtin14(text: str) -> str:
    """A GTIN-8, -12, -13 or -14 as 14 digits. Raises `InvalidIdentifier` for a wrong length or check
    digit."""
    digits = _digits(text)
    if not _is_number(digits) or len(digits) not in GTIN_LENGTHS:
        raise InvalidIdentifier(msg("A GTIN has 8, 12, 13 or 14 digits."))
    if not digits.strip("0"):
        raise InvalidIdentifier(msg("A GTIN of zeros names nothing."))
    if not gs1_check(digits):
        raise InvalidIdentifier(
            msg(
                "The GTIN has a wrong check digit: %(found)s, it should end in %(expected)s.",
                found=digits[-1],
                expected=gs1_standard_check_digit(digits[:-1]),
            )
        )
    return digits.zfill(14)


def sscc(extension: int, company_prefix: str, serial: int) -> str:
    """The 18 digits of a logistic unit: extension digit, GS1 company prefix, serial number, check digit.

    Raises ValueError where a part is out of range: the serial has 16 digits less those of the prefix.
    """
    room = SSCC_LENGTH - 2 - len(company_prefix)
    if not 0 <= extension <= 9:
        raise ValueError("the extension is one digit")
    if not _is_number(company_prefix) or not 4 <= len(company_prefix) <= 12:
        raise ValueError("a GS1 company prefix has 4 to 12 digits")
    if not 0 <= serial < 10**room:
        raise ValueError(f"the serial number has at most {room} digits")
    body = f"{extension}{company_prefix}{serial:0{room}d}"
    return body + str(gs1_standard_check_digit(body))


def is_sscc(text: str) -> bool:
    """Whether `text` is 18 digits whose last one fits."""
    return len(text) == SSCC_LENGTH and gs1_check(text)


def container_number(text: str) -> str:
    """An ISO 6346 container number as written on the door (`CSQU3054383`). Raises `InvalidIdentifier`.

    Its form: three letters for the owner, U, J or Z, six digits and a check digit.
    """
    number = re.sub(r"[\s/-]", "", text).upper()
    if not _CONTAINER.match(number):
        raise InvalidIdentifier(
            msg("A container number is three letters, U, J or Z, and seven digits, such as CSQU3054383.")
        )
    expected = calc_check_digit(number[:10])
    if number[10] != expected:
        raise InvalidIdentifier(
            msg(
                "The container number has a wrong check digit: %(found)s, it should end in %(expected)s.",
                found=number[10],
                expected=expected,
            )
        )
    return number


def vin(text: str) -> str:
    """A vehicle identification number in capitals. Raises `InvalidIdentifier` unless it has 17 characters, no
    I, O or Q.

    The check digit is another matter (`vin_check`): makers outside North America and China do not use it.
    """
    number = _digits(text).upper()
    if not text.isascii() or not _VIN.match(number):
        raise InvalidIdentifier(
            msg("A vehicle identification number has 17 letters and digits, without I, O and Q.")
        )
    return number


def vin_check_digit(number: str) -> str:
    """What position 9 of a well-formed VIN should be (49 CFR 565): weighted values modulo 11, 10 written as
    X."""
    total = sum(_VIN_VALUES[c] * weight for c, weight in zip(number, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11]


def vin_check(number: str) -> bool:
    """Whether the check digit of a well-formed VIN fits; where not, warn and never refuse."""
    return number[8] == vin_check_digit(number)
