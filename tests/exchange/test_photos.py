"""Photos: nothing of what a phone tells besides survives, and nothing but photos is taken."""

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from inventory.exchange.photos import EDGE, THUMB_BYTES, THUMB_EDGE, UnfitPhoto, prepared, thumbnail

SECRET = b"CAMP-SECRET-36.19N-44.01E"
GPS_IFD = 0x8825


def _exif(orientation: int = 1) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = SECRET.decode()
    exif[0x013B] = "A named person"
    gps = exif.get_ifd(GPS_IFD)
    gps[1], gps[2], gps[3], gps[4] = "N", (36.0, 11.0, 24.0), "E", (44.0, 0.0, 36.0)
    gps[29] = SECRET.decode()
    return exif


def _picture(kind: str, size: tuple[int, int] = (400, 300), orientation: int = 1, mode: str = "RGB") -> bytes:
    """Left half red, right half blue, with a place, an owner, XMP, a comment and a profile planted in it."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = _exif(orientation)
    if kind == "PNG":
        told = PngImagePlugin.PngInfo()
        told.add_text("Comment", SECRET.decode())
        told.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{SECRET.decode()}</x:xmpmeta>")
        image.save(out, "PNG", pnginfo=told, exif=exif, icc_profile=profile)
    elif kind == "WEBP":
        image.save(out, "WEBP", exif=exif, xmp=SECRET, icc_profile=profile)
    else:
        image.save(out, "JPEG", exif=exif, xmp=SECRET, comment=SECRET, icc_profile=profile)
    return out.getvalue() + (SECRET if kind == "JPEG" else b"")  # and something hidden behind the end


def _seen(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_no_metadata_is_left(kind):
    planted = _picture(kind)
    assert SECRET in planted
    photo = prepared(planted)
    assert SECRET not in photo.content
    kept = _seen(photo.content)
    assert kept.format == "JPEG"
    assert not kept.getexif()
    assert not kept.getexif().get_ifd(GPS_IFD)
    assert set(kept.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "progressive",
        "progression",
    }
    for word in (b"Exif", b"http://ns.adobe.com", b"ICC_PROFILE", b"GPS", b"named person"):
        assert word not in photo.content
    assert (photo.width, photo.height) == (400, 300)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_it_is_turned_the_right_way_up(orientation):
    photo = prepared(_picture("JPEG", (400, 200), orientation))
    assert (photo.width, photo.height) == ((400, 200) if orientation in (1, 3) else (200, 400))
    kept = _seen(photo.content).convert("RGB")
    corner = {1: (5, 5), 3: (395, 195), 6: (195, 5), 8: (5, 395)}[orientation]
    red, _, blue = kept.getpixel(corner)
    assert red > 200 > 60 > blue


def test_it_is_made_small():
    photo = prepared(_picture("JPEG", (4000, 3000)))
    assert (photo.width, photo.height) == (EDGE, EDGE * 3 // 4)
    assert len(photo.content) < 300_000


def test_a_small_one_stays_as_large_as_it_is():
    assert prepared(_picture("PNG", (40, 30))).width == 40


def test_thumbnails_are_small_even_of_noise():
    noise = Image.effect_noise((1280, 1280), 90).convert("RGB")
    out = BytesIO()
    noise.save(out, "JPEG", quality=95)
    small = thumbnail(prepared(out.getvalue()).content)
    assert len(small) <= THUMB_BYTES
    assert max(_seen(small).size) == THUMB_EDGE


def test_what_is_transparent_becomes_white():
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    out = BytesIO()
    image.save(out, "PNG")
    assert _seen(prepared(out.getvalue()).content).convert("RGB").getpixel((9, 9)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "I;16"])
def test_every_kind_of_colour_is_understood(mode):
    image = Image.new("L", (30, 20), 200).convert(mode) if mode != "I;16" else Image.new(mode, (30, 20))
    out = BytesIO()
    image.save(out, "JPEG" if mode == "CMYK" else "PNG")
    assert prepared(out.getvalue()).width == 30


def test_a_broken_profile_is_no_hindrance():
    out = BytesIO()
    Image.new("RGB", (30, 20), "red").save(out, "JPEG", icc_profile=b"no profile at all")
    assert b"no profile" not in prepared(out.getvalue()).content


def test_an_animation_shows_its_first_picture():
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    assert _seen(prepared(out.getvalue()).content).convert("RGB").getpixel((9, 9))[0] > 200


def _bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to be huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(8000, 8000), (20_000, 20_000), (60_000, 60_000)])
def test_a_picture_made_to_break_something_is_refused(size):
    with pytest.raises(UnfitPhoto, match="too many pixels"):
        prepared(_bomb(*size))


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 200
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (HEIC, "HEIC"),
        (SVG, "no photo"),
        (b"<!doctype html><script>alert(1)</script>", "no photo"),
        (b"%PDF-1.7\n%...", "no photo"),
        (b"GIF89a" + b"\0" * 50, "no photo"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "no photo"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "no photo"),
        (_picture("JPEG")[:600], "no photo"),
        (b"PK\x03\x04" + b"\0" * 40, "no photo"),
    ],
)
def test_what_is_no_photo_is_refused(data, said):
    with pytest.raises(UnfitPhoto, match=said):
        prepared(data)
