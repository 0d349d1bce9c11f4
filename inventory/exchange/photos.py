"""Photos as phones send them, made small and bare: the right way up, in sRGB, with nothing left of what they told.

A picture is decoded and drawn anew, so that no place, owner, camera or hidden part of the file survives.
"""

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps

from inventory.errors import Message, msg

EDGE = 1280
"""The longer side, in pixels, of what is kept."""
THUMB_EDGE = 320
THUMB_BYTES = 40_000
MOST_PIXELS = 60_000_000
"""More than any phone's camera makes: such a file is made to break something."""
MEDIA_TYPE = "image/jpeg"
FORMATS = ("JPEG", "PNG", "WEBP")

_QUALITY = 82
_WHITE = (255, 255, 255)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")


class UnfitPhoto(ValueError):
    """This is no photo that can be kept; `message` says why."""

    def __init__(self, message: Message) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as it is kept: a JPEG without metadata."""

    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def prepared(data: bytes) -> Photo:
    """The photo in `data`, by its content and whatever its name says. Raises `UnfitPhoto`."""
    image = _drawn(data, EDGE)
    return Photo(_encoded(image, _QUALITY), *image.size)


def thumbnail(content: bytes) -> bytes:
    """A small JPEG of a photo that was prepared, of at most `THUMB_BYTES`."""
    image = _drawn(content, THUMB_EDGE)
    for quality in (72, 55, 40, 25):
        found = _encoded(image, quality)
        if len(found) <= THUMB_BYTES:
            break
    return found


def _drawn(data: bytes, edge: int) -> Image.Image:
    if not data:
        raise UnfitPhoto(msg("The file is empty."))
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise UnfitPhoto(
            msg("This is a HEIC picture. Set the camera to “most compatible”, or send it as JPEG.")
        )
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(data), formats=FORMATS) as opened:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _bare(opened, edge)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnfitPhoto(_too_many()) from None
    except UnfitPhoto:
        raise
    except Exception:  # decoders raise whatever a broken file leads them to
        raise UnfitPhoto(msg("This is no photo: a JPEG, PNG or WebP picture is needed.")) from None


def _too_many() -> Message:
    return msg("The picture has too many pixels: %(most)s million at most.", most=MOST_PIXELS // 1_000_000)


def _bare(opened: Image.Image, edge: int) -> Image.Image:
    """The picture drawn on a new, white sheet."""
    if opened.width * opened.height > MOST_PIXELS:
        raise UnfitPhoto(_too_many())
    profile = opened.info.get("icc_profile")
    opened.draft(None, (edge, edge))  # a JPEG is decoded no larger than it is needed
    image: Image.Image = opened
    image.load()
    image.thumbnail((edge, edge), Image.Resampling.LANCZOS)
    image = ImageOps.exif_transpose(image)
    image = _in_srgb(image, profile)
    sheet = Image.new("RGB", image.size, _WHITE)
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        sheet.paste(seen, mask=seen.getchannel("A"))
    else:
        sheet.paste(image.convert("RGB"))
    return sheet


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or image.mode not in ("RGB", "CMYK", "L") or image.has_transparency_data:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        return (
            ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            or image
        )
    except (ImageCms.PyCMSError, OSError):
        return image  # a broken profile: the colours as they are


def _encoded(image: Image.Image, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()
