"""What is read from an image file, and what is refused."""

import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from dlrecipes.data.sources import check_image_memory, read_images
from dlrecipes.errors import DataError

GREY = np.arange(30, dtype=np.uint8).reshape(6, 5) * 8


def saved(folder, name, pixels, **options):
    path = folder / name
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    image.save(path, **options)
    return path


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.gif", "A.PNG", "ä ö.png", "no_suffix.x"])
def test_grey_pixels_are_those_of_the_file(tmp_path, name):
    path = saved(tmp_path, name, GREY, format=None if name[0] != "n" else "PNG")
    found = read_images([path])
    assert found.pixels.dtype == np.float32
    np.testing.assert_array_equal(found.pixels, GREY[np.newaxis, :, :, np.newaxis])
    assert (found.rows.tolist(), found.damaged) == ([0], ())


def test_colour_pixels_are_those_of_the_file(tmp_path):
    colour = np.random.default_rng(0).integers(0, 256, (4, 3, 3)).astype(np.uint8)
    np.testing.assert_array_equal(read_images([saved(tmp_path, "a.png", colour)]).pixels[0], colour)


def test_jpeg_is_close(tmp_path):
    path = saved(tmp_path, "a.jpg", np.full((8, 8), 77, np.uint8), quality=95)
    np.testing.assert_allclose(read_images([path]).pixels, 77, atol=2)


def test_colour_becomes_luma(tmp_path):
    colour = np.zeros((1, 3, 3), np.uint8)
    colour[0, 0, 0] = colour[0, 1, 1] = colour[0, 2, 2] = 255
    found = read_images([saved(tmp_path, "a.png", colour)], channels=1).pixels
    np.testing.assert_allclose(found.ravel(), [0.299 * 255, 0.587 * 255, 0.114 * 255], atol=1)


def test_one_colour_image_makes_all_colour(picture):
    found = read_images([picture("a.png"), picture("b.png", mode="RGB")]).pixels
    assert found.shape == (2, 6, 5, 3)
    np.testing.assert_array_equal(found[0, ..., 0], found[0, ..., 2])


@pytest.mark.parametrize(
    ("mode", "name", "channels"),
    [
        ("1", "a.png", 1),
        ("L", "a.jpg", 1),
        ("LA", "a.png", 1),
        ("I;16", "a.png", 1),
        ("RGB", "a.gif", 3),
        ("RGB", "a.bmp", 3),
        ("RGBA", "a.png", 3),
        ("CMYK", "a.jpg", 3),
    ],
)
def test_channels_of_modes(picture, mode, name, channels):
    path = picture(name, mode=mode)
    assert read_images([path]).pixels.shape == (1, 6, 5, channels)
    for wanted in (1, 3):
        assert read_images([path], channels=wanted).pixels.shape[-1] == wanted


def test_a_grey_palette_is_grey(tmp_path):
    path = saved(tmp_path, "a.gif", Image.fromarray(GREY).convert("P"))
    np.testing.assert_array_equal(read_images([path]).pixels[0, ..., 0], GREY)


def test_transparency_is_laid_over_white(tmp_path):
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = [0, 255, 51]
    path = saved(tmp_path, "a.png", pixels)
    np.testing.assert_array_equal(read_images([path], channels=1).pixels.ravel(), [255, 0, 204])


def test_a_transparent_palette_colour_is_white(tmp_path):
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 40, 50, 60])
    path = saved(tmp_path, "a.png", image, transparency=0)
    np.testing.assert_array_equal(read_images([path]).pixels[0, 0], [[255] * 3, [40, 50, 60]])


def test_sixteen_bits_keep_their_steps(tmp_path):
    deep = np.array([[0, 1, 257, 4095, 65535]], np.uint16)
    path = saved(tmp_path, "a.png", deep)
    expected = deep.astype(np.float32) / np.float32(257)
    np.testing.assert_array_equal(read_images([path]).pixels[0, ..., 0], expected)
    assert read_images([path], channels=3, size=(2, 2)).pixels.shape == (1, 2, 2, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path, orientation):
    turned = {
        1: GREY,
        2: GREY[:, ::-1],
        3: GREY[::-1, ::-1],
        4: GREY[::-1],
        5: GREY.T,
        6: np.rot90(GREY, -1),
        7: GREY[::-1, ::-1].T,
        8: np.rot90(GREY),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    path = saved(tmp_path, "a.png", GREY, exif=exif)
    np.testing.assert_array_equal(read_images([path]).pixels[0, ..., 0], turned)


def test_other_sizes_are_stretched(tmp_path):
    halves = np.repeat(np.array([[0, 200]], np.uint8), 8, axis=0).repeat(4, axis=1)
    path = saved(tmp_path, "a.png", halves)
    found = read_images([path], size=(2, 2)).pixels[0, ..., 0]
    # A small picture averages what it shrinks, borders included.
    assert np.all(np.diff(found, axis=1) > 100)
    np.testing.assert_array_equal(found[0], found[1])
    assert found.mean() == pytest.approx(100, abs=2)
    assert read_images([path], size=(16, 3)).pixels.shape == (1, 16, 3, 1)


def test_one_pixel(picture):
    assert read_images([picture("a.png", size=(1, 1))]).pixels.shape == (1, 1, 1, 1)


def test_sizes_must_be_equal_or_given(picture):
    paths = [picture(f"{at}.png", size=(6, 5)) for at in range(3)]
    paths.append(picture("odd.png", size=(4, 4)))
    with pytest.raises(DataError, match=r"2 sizes: 3 of 4 images are 6x5, .*odd\.png is 4x4.*6x5"):
        read_images(paths)
    assert read_images(paths, size=(6, 5)).pixels.shape == (4, 6, 5, 1)


def cut(path):
    path.write_bytes(path.read_bytes()[:-30])


def header_only(path):
    path.write_bytes(path.read_bytes()[:20])


def spoilt(path):
    content = bytearray(path.read_bytes())
    content[41:60] = bytes(19)
    path.write_bytes(bytes(content))


def text(path):
    path.write_text("not an image")


def empty(path):
    path.write_bytes(b"")


def missing(path):
    path.unlink()


def folder(path):
    path.unlink()
    path.mkdir()


def other_format(path):
    random = np.random.default_rng(0).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    Image.fromarray(random).save(path, format="TIFF")


def animated(path):
    frames = [Image.fromarray(GREY), Image.fromarray(GREY[::-1])]
    frames[0].save(path, format="GIF", save_all=True, append_images=frames[1:])


def animated_png(path):
    frames = [Image.fromarray(GREY), Image.fromarray(GREY[::-1])]
    frames[0].save(path, format="PNG", save_all=True, append_images=frames[1:])


def claiming(path, height, width):
    content = bytearray(path.read_bytes())
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    path.write_bytes(bytes(content))


def bomb(path):
    claiming(path, 60_000, 60_000)


def large(path):
    claiming(path, 10_000, 10_001)


DAMAGES = {
    cut: ".*truncated",
    header_only: "(no PNG|Truncated)",
    spoilt: "",
    text: "no PNG, JPEG, BMP or GIF image",
    empty: "0 bytes",
    missing: "no such file",
    folder: "a folder",
    other_format: "no PNG",
    animated: "animated, 2 pictures",
    animated_png: "animated, 2 pictures",
    bomb: "over 100,000,000 pixels",
    large: "10000x10001 pixels, over 100,000,000",
}


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda function: function.__name__)
def test_what_is_no_whole_image(picture, damage):
    good, bad = picture("good.png", size=(60, 50)), picture("bad.png", 1, size=(60, 50))
    damage(bad)
    rule = r"whole PNG, JPEG, BMP or GIF file with one picture\. Received: 1 of 2 that are not: "
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DataError, match=rf"{rule}\S*bad\.png \({DAMAGES[damage]}"):
            read_images([good, bad])
        found = read_images([good, bad], skip_damaged=True)
    assert found.rows.tolist() == [0]
    assert found.pixels.shape == (1, 60, 50, 1)
    assert len(found.damaged) == 1
    with pytest.raises(DataError, match="1 of 1"):
        read_images([bad], skip_damaged=True)


def test_five_files_are_named(tmp_path):
    paths = [tmp_path / f"{at}.png" for at in range(7)]
    with pytest.raises(DataError, match=r"7 of 7 that are not: .*4\.png \(no such file\), …"):
        read_images(paths)


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["PNG", "JPEG", "BMP", "GIF"]),
    st.integers(0, 10_000),
    st.integers(0, 255),
    st.booleans(),
)
def test_any_damage_is_one_clear_message_or_an_image(
    tmp_path_factory, form, place, byte, shortened
):
    path = tmp_path_factory.mktemp("damaged") / "a"
    pixels = np.random.default_rng(0).integers(0, 256, (9, 7, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(path, format=form)
    content = bytearray(path.read_bytes())
    place %= len(content)
    content = (
        content[:place] if shortened else content[:place] + bytes([byte]) + content[place + 1 :]
    )
    path.write_bytes(bytes(content))
    try:
        found = read_images([path], size=(9, 7), channels=3)
    except DataError:
        return
    assert found.pixels.shape == (1, 9, 7, 3)
    assert np.isfinite(found.pixels).all()


def test_memory(picture):
    with pytest.raises(DataError, match=r"at most 1 MB.*2 images of 500x400x3: 5 MB.*smaller size"):
        read_images(
            [picture("a.png"), picture("b.png")], size=(500, 400), channels=3, most_megabytes=1
        )
    check_image_memory((250, 1000, 1000, 2))
    with pytest.raises(DataError, match="2,008 MB"):
        check_image_memory((251, 1000, 1000, 2))
