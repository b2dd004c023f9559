"""Pictures from phones, folders of them, and lamp files, whole and broken."""

from __future__ import annotations

import json
import os
import random
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from hardware.pictures import PictureFolder, read_lamp_states, read_picture
from hardware.sensor import InputUnreadable, Unavailable
from tests.films import drain

PICTURES = Path(__file__).parent.parent.parent / "shared/data/pictures"


def scene(height=48, width=80, seed=0):
    """Bright in the top left corner, a little noise elsewhere."""
    pixels = np.random.default_rng(seed).integers(0, 50, (height, width, 3), np.uint8)
    pixels[: height // 4, : width // 4] = 220
    return pixels


def write(path, pixels):
    ok, data = cv2.imencode(path.suffix, pixels)
    assert ok
    path.write_bytes(data.tobytes())
    return path


def with_orientation(path, orientation):
    """The JPEG with an EXIF block that says how the camera was held (Exif 2.32, tag 0x0112)."""
    ifd = struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + ifd
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:])
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tiff", ".webp", ".bmp"])
def test_every_format_comes_out_bgr_and_8_bits(tmp_path, suffix):
    frame = read_picture(write(tmp_path / f"a{suffix}", scene()), 3)
    assert frame.index == 3
    assert frame.lamp is None
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.shape == (48, 80, 3)
    assert np.abs(frame.pixels.astype(int)[2:9, 2:16] - 220).mean() < 6


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_become_8_by_their_upper_half(tmp_path, suffix, channels):
    deep = np.repeat((scene()[:, :, :1].astype(np.uint16) << 8) + 99, channels, axis=2)
    pixels = read_picture(write(tmp_path / f"deep{suffix}", deep)).pixels
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - scene()[:, :, :1]).max() <= 1


def test_transparency_is_taken_away_and_grey_tripled(tmp_path):
    clear = np.dstack([scene(), np.zeros((48, 80), np.uint8)])
    assert np.array_equal(read_picture(write(tmp_path / "t.png", clear)).pixels, scene())
    grey = read_picture(write(tmp_path / "g.png", scene()[:, :, 0])).pixels
    assert np.array_equal(grey, np.repeat(scene()[:, :, :1], 3, axis=2))


# EXIF 2.32: where row 0 and column 0 of the stored picture are on the picture as shown.
CORNERS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@pytest.mark.parametrize(("orientation", "corner"), CORNERS.items())
def test_a_picture_is_turned_as_the_camera_was_held(tmp_path, orientation, corner):
    pixels = read_picture(with_orientation(write(tmp_path / "a.jpg", scene()), orientation)).pixels
    assert pixels.shape[:2] == ((48, 80) if orientation < 5 else (80, 48))
    h, w = pixels.shape[:2]
    x, y = corner
    assert pixels[y * (h - 8) :, x * (w - 8) :][:8, :8].mean() > 180


@pytest.mark.parametrize(
    "content", [b"", b"no picture\n", bytes(4000), random.Random(1).randbytes(4000), b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "zeros", "noise", "jpeg head", "png head"]
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_what_is_no_picture_is_refused_in_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputUnreadable, match=name) as refused:
        read_picture(tmp_path / name)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("suffix", [".tiff", ".webp", ".bmp"])
def test_a_picture_cut_in_the_middle_is_refused_and_opencv_keeps_quiet(tmp_path, capfd, suffix):
    path = write(tmp_path / f"cut{suffix}", scene(200, 300))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(InputUnreadable, match="not a picture"):
        read_picture(path)
    assert capfd.readouterr() == ("", "")


def test_a_picture_that_claims_to_be_enormous_is_refused(tmp_path):
    """A header of 2^31 by 2^31 pixels must not be believed."""
    data = bytearray(write(tmp_path / "a.png", scene()).read_bytes())
    struct.pack_into(">II", data, 16, 0x7FFFFFFF, 0x7FFFFFFF)
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(InputUnreadable, match=r"too large or too broken|not a picture"):
        read_picture(tmp_path / "a.png")


def test_missing_folder_and_heic_are_told_apart(tmp_path):
    with pytest.raises(InputUnreadable, match="There is no file"):
        read_picture(tmp_path / "absent.jpg")
    with pytest.raises(InputUnreadable, match="is a folder"):
        read_picture(tmp_path)
    (tmp_path / "a.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(InputUnreadable, match="HEIC, which is not read here; please convert it to JPEG"):
        read_picture(tmp_path / "a.HEIC")


def test_a_raw_picture_is_refused_even_where_it_could_be_mistaken_for_one_that_is_read(tmp_path):
    """A DNG is a TIFF whose first picture is a thumbnail: a lens would not be in it."""
    write(tmp_path / "a.tiff", scene()).rename(tmp_path / "a.dng")
    with pytest.raises(InputUnreadable, match=r"a\.dng is a picture in DNG, which is not read here"):
        read_picture(tmp_path / "a.dng")


def test_pictures_that_are_not_read_are_named_unless_the_same_shot_is_there(tmp_path):
    for name in ("1.jpg", "2.jpg"):
        write(tmp_path / name, scene())
    for name in ("1.dng", "3.HEIC"):
        (tmp_path / name).write_bytes(b"x")
    source = PictureFolder(tmp_path)
    frames, complaint = drain(source)
    assert source.expected_frames == 3
    assert [frame.index for frame in frames] == [0, 1]
    assert complaint.says.startswith("1 of 3 pictures were left out: 3.HEIC is a picture in HEIC")
    for path in tmp_path.glob("*.jpg"):
        path.unlink()
    with pytest.raises(InputUnreadable, match=r"None of the 2 pictures .* can be read: 1\.dng is a picture in DNG"):
        PictureFolder(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_picture_that_may_not_be_read_says_so(tmp_path):
    write(tmp_path / "a.png", scene()).chmod(0)
    with pytest.raises(InputUnreadable, match="permission denied"):
        read_picture(tmp_path / "a.png")


@pytest.mark.skipif(not PICTURES.is_dir(), reason="the shared pictures are not beside this clone")
def test_real_pictures_can_be_read():
    names = sorted((*PICTURES.rglob("*.jpg"), *PICTURES.rglob("*.JPG"), *PICTURES.rglob("*.png")))[::6]
    assert len(names) > 3
    assert all(read_picture(path).pixels.ndim == 3 for path in names)


# --- folders -------------------------------------------------------------------------------------


def folder_of(path, names, **kw):
    for seed, name in enumerate(names):
        write(path / name, scene(seed=seed, **kw))
    return path


def test_a_folder_is_read_in_the_order_a_person_would(tmp_path):
    names = ["shot1.png", "shot2.png", "Shot9.png", "shot10.png", "shot010b.png", "shot100.png"]
    folder_of(tmp_path, names)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "._shot1.png").write_bytes(b"what macOS leaves behind")
    source = PictureFolder(tmp_path)
    frames, complaint = drain(source)
    assert complaint is None
    assert source.expected_frames == 6
    assert source.replay
    assert [f.index for f in frames] == list(range(6))
    assert all(np.array_equal(f.pixels, scene(seed=i)) for i, f in enumerate(frames))


def test_names_made_of_digits_and_of_letters_sort_together(tmp_path):
    folder_of(tmp_path, ["a.png", "3.png", "b2c4.png", "²x.png"])
    assert len(drain(PictureFolder(tmp_path))[0]) == 4


def test_one_broken_picture_among_many_is_left_out_and_named(tmp_path):
    folder_of(tmp_path, [f"{i}.png" for i in range(5)])
    (tmp_path / "2.png").write_bytes(b"spilt coffee")
    frames, complaint = drain(PictureFolder(tmp_path))
    assert [f.index for f in frames] == [0, 1, 3, 4]
    assert complaint.reason is Unavailable.CUT_SHORT
    assert "1 of 5 pictures" in complaint.says
    assert "2.png" in complaint.says


def test_a_picture_of_another_size_is_left_out_and_named(tmp_path):
    folder_of(tmp_path, ["a.png", "c.png"])
    write(tmp_path / "b.png", scene(20, 30))
    write(tmp_path / "d.png", scene(20, 30))
    frames, complaint = drain(PictureFolder(tmp_path))
    assert [f.index for f in frames] == [0, 2]
    assert "b.png is 30 x 20 pixels, where the first is 80 x 48. So were 1 more." in complaint.says


def test_folders_with_nothing_to_see_are_refused(tmp_path):
    with pytest.raises(InputUnreadable, match="holds no pictures"):
        PictureFolder(tmp_path)
    with pytest.raises(InputUnreadable, match="There is no folder"):
        PictureFolder(tmp_path / "absent")
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(InputUnreadable, match="None of the 1 pictures"):
        PictureFolder(tmp_path)


def test_lamp_states_go_with_the_place_in_the_folder(tmp_path):
    folder_of(tmp_path, [f"{i}.png" for i in range(3)])
    (tmp_path / "0.png").write_bytes(b"x")
    frames, _ = drain(PictureFolder(tmp_path, ("on-axis", "dark", "off-axis")))
    assert [f.lamp for f in frames] == ["dark", "off-axis"]
    with pytest.raises(InputUnreadable, match="tells of 2 frames"):
        PictureFolder(tmp_path, ("dark", "dark"))


# --- lamp files ----------------------------------------------------------------------------------


def test_a_lamp_file_is_read(tmp_path):
    (tmp_path / "lamp.json").write_text(json.dumps({"states": ["on-axis", "off-axis", "dark"], "by": "us"}))
    assert read_lamp_states(tmp_path / "lamp.json") == ("on-axis", "off-axis", "dark")


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "is empty"), ("{", "not a lamp file"), ("[]", "not a lamp file"), ("{}", "not a lamp file"), ('"states"', "not a lamp file"), ("null", "not a lamp file"),
     ('{"states": 3}', "not a list"), ('{"states": []}', "not a list"), ('{"states": "dark"}', "not a list"), ('{"states": ["dark", "bright"]}', "state 1 is 'bright'"),
     ('{"states": [["dark"]]}', "state 0"), ('{"states": [null]}', "state 0"), ("[" * 100000, "not a lamp file"), ('{"states": ["' + "x" * 9999 + '"]}', "state 0")],
)  # fmt: skip
def test_a_broken_lamp_file_is_refused_in_one_line(tmp_path, text, says):
    (tmp_path / "lamp.json").write_text(text)
    with pytest.raises(InputUnreadable, match=says) as refused:
        read_lamp_states(tmp_path / "lamp.json")
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 200


def test_a_lamp_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "lamp.json").write_bytes(b"\xff\xfe\xfd{}")
    with pytest.raises(InputUnreadable, match="not a lamp file"):
        read_lamp_states(tmp_path / "lamp.json")
