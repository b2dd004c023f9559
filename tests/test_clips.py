"""Clips and strips of what was found, from the recording or from what a live sweep kept."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from importlib import resources

import cv2
import numpy as np
import pytest

from detector.model import (
    Completeness,
    Coverage,
    Finding,
    Frame,
    Reason,
    Recovered,
    SenseResult,
    Still,
    Track,
)
from detector.report import Report, Source, as_dict, as_html, as_text
from detector.verdict import judge
from hardware import store
from hardware.clips import MOST_CLIPS, REACH_FRAMES, film
from hardware.sensor import SensorUnavailable, Unavailable
from hardware.video import VideoFile

COMPLETENESS = Completeness(
    "Over 84 % of what you swept, a 1.5 mm lens 2 m away that faces you would have shown; not looked at: 9 % too dark, and whatever was never in the picture.",
    "Averaged over lenses.", (Recovered(1.5, 1.0, 0.9, 0.05), Recovered(1.5, 2.0, 0.84, 0.05)), {"too dark": 0.09}, 0.4, 3.0, 320,
)  # fmt: skip


def pixels(index):
    picture = np.full((180, 320, 3), 80 if index % 2 == 0 else 8, np.uint8)
    if index % 2 == 0:
        cv2.circle(picture, (100 + index // 4, 90), 2, (255, 255, 255), -1)
    return picture


def finding(first=20, last=70, *, alarm=True):
    points = tuple((frame, 100.0 + frame // 4, 90.0) for frame in range(first, last, 2))
    return Finding(Track(points), alarm, 0.9, (Reason("level", "It is bright.", 1.0),), "Look at it.")


def report(findings=None, footage=(), mosaic=None, light="switched: 50 frames lit, 50 dark"):
    found = tuple([finding()] if findings is None else findings)
    result = SenseResult(Coverage("lens", {"frames": 100, "light": light}, completeness=COMPLETENESS), found, footage=tuple(footage), mosaic=mosaic)
    return Report("0.1.0", "2026-11-22T10:00:00Z", judge([result], ["lens"]), (result,), (Source("lens", "room.mp4", True),))


def frames(count=100):
    yield from (Frame(pixels(index), index, index / 30) for index in range(count))


def played(clip, tmp_path):
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip)
    return [frame.pixels for frame in VideoFile(path).frames()]


def shown(jpeg):
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_a_clip_plays_and_holds_the_seconds_round_the_finding(tmp_path):
    made = film(report(), frames)
    assert len(played(made.clips[1], tmp_path)) == 2 * REACH_FRAMES + 1


def test_the_strip_shows_it_lit_and_unlit():
    picture = shown(film(report(), frames).strips[1])
    half = 24 + 150
    assert picture[half, 150].min() > 200
    assert picture[half, 304 + 150].max() < 60


def test_in_steady_light_there_is_no_unlit_crop():
    def steady():
        yield from (Frame(pixels(0), index, index / 30) for index in range(100))

    switched, always = (shown(film(report(), source).strips[1]) for source in (frames, steady))
    assert always.shape[1] < switched.shape[1]


def test_a_picture_that_grows_darker_in_steady_light_is_not_told_as_light_off():
    """Every second frame is not searched there, and moving past a dark thing darkens the picture."""
    made = (film(report(light=light), frames) for light in ("steady", "switched: 50 frames lit, 50 dark"))
    steady, switched = (shown(one.strips[1]) for one in made)
    assert steady.shape[1] < switched.shape[1]


def test_a_live_sweep_is_filmed_from_what_it_kept(tmp_path):
    kept = [Still(i, cv2.imencode(".jpg", cv2.cvtColor(pixels(i), cv2.COLOR_BGR2GRAY))[1].tobytes()) for i in range(30, 60)]
    made = film(report(footage=kept))
    assert len(played(made.clips[1], tmp_path)) == 30
    assert film(report()).clips == {}, "nothing kept, nothing filmed"


def test_a_recording_that_breaks_off_gives_what_came(tmp_path):
    def broken():
        yield from frames(40)
        raise SensorUnavailable(Unavailable.CUT_SHORT, "room.mp4 ends early.")

    assert 15 <= len(played(film(report(), broken).clips[1], tmp_path)) <= 40


def test_frames_that_wait_to_be_filmed_take_little_memory_and_the_others_are_not_converted():
    """61 whole pictures as pixels fill 380 MB at 1080p, and 1.5 GB at 4K."""
    converted = []

    class Counted(Frame):
        @property
        def pixels(self):
            converted.append(self.index)
            return super().pixels

    def large():
        for index in range(200):
            picture = np.zeros((1080, 1920, 3), np.uint8)
            cv2.circle(picture, (100 + index // 4, 90), 2, (255, 255, 255), -1)
            yield Counted(picture, index, index / 30)

    tracemalloc.start()
    film(report([finding(80, 130)]), large)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(converted) == 2 * REACH_FRAMES + 1
    assert min(converted) >= 105 - REACH_FRAMES - 2
    assert most < 100e6


def test_no_more_frames_are_read_than_needed():
    read = []

    def counted():
        for frame in frames(1000):
            read.append(frame.index)
            yield frame

    film(report(), counted)
    assert max(read) < 45 + REACH_FRAMES + 10


@pytest.mark.parametrize("count", [0, 1, MOST_CLIPS + 3])
def test_the_number_of_clips_is_bounded(count):
    found = [replace(finding(first=4 * n, last=4 * n + 20), probability=0.9 - n / 100) for n in range(count)]
    assert sorted(film(report(found), frames).clips) == list(range(1, min(count, MOST_CLIPS) + 1))


def test_the_folder_holds_clips_strips_and_mosaic_and_the_page_stays_one_file():
    mosaic = cv2.imencode(".jpg", np.full((50, 60, 3), 90, np.uint8))[1].tobytes()
    swept = report(mosaic=mosaic)
    files = store.files_of(swept, film(swept, frames))
    assert {"clips/finding-1.mp4", "pictures/finding-1-strip.jpg", "pictures/swept.jpg"} <= set(files)
    page = files["report.html"].decode()
    assert 'href="clips/finding-1.mp4"' in page
    assert page.count('src="data:image/jpeg;base64,') == page.count("<img"), "every picture is inside the page"


def test_an_earlier_reports_clips_are_set_aside_with_it(tmp_path):
    swept = report()
    store.write_folder(tmp_path, store.files_of(swept, film(swept, frames)))
    assert (tmp_path / "clips/finding-1.mp4").exists()
    store.prepare_folder(tmp_path)
    assert not (tmp_path / "clips").exists()
    assert len(list((tmp_path / "earlier").rglob("finding-1.mp4"))) == 1


def test_what_a_lens_would_have_shown_is_told_in_every_form():
    swept = report()
    text, page, told = as_text(swept), as_html(swept), as_dict(swept)["coverage"]["lens"]["completeness"]
    assert "Over 84 % of what you swept" in text
    assert "from 0.4 to 3 m" in text
    assert "Over 84 % of what you swept" in page
    assert "<td>1.5 mm</td><td>90 %</td><td>84 %</td>" in page
    assert told["recovered"][1] == {"aperture_mm": 1.5, "distance_m": 2.0, "share": 0.84, "margin": 0.05}
    assert told["says"] == COMPLETENESS.says
    assert told["left_out"] == {"too dark": 0.09}


def test_where_it_was_not_measured_nothing_is_said_of_it():
    swept = report()
    silent = replace(swept, results=(replace(swept.results[0], coverage=Coverage("lens", {"frames": 100})),))
    assert "What a lens would have shown" not in as_text(silent)
    assert "What a lens would have shown" not in as_html(silent)
    assert "completeness" not in as_dict(silent)["coverage"]["lens"]


def test_the_schema_knows_the_new_fields():
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((resources.files("detector") / "schema/roomsweep-1.schema.json").read_text(encoding="utf-8"))
    document = as_dict(report())
    jsonschema.validate(document, schema)
    document["coverage"]["lens"]["completeness"]["recovered"][0]["share"] = 1.5
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, schema)
