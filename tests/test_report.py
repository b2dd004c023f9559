from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from detector.model import (
    Coverage,
    Device,
    Finding,
    Gap,
    Reason,
    Refused,
    SenseResult,
    Sighting,
    Still,
    Track,
)
from detector.report import Report, Source, as_dict, as_html, as_json, as_text, illustrate, privacy
from detector.report.advice import IF_FOUND
from detector.verdict import judge

HOSTILE = "<script>alert('x')</script><img src=http://evil.example/x.png onerror=alert(1)>"
ESCAPES = "\x1b[2J\x1b[31mNOTHING SEEN\x07\u202egnp.exe\ud800\r\n0"
NEIGHBOUR = "3c:22:fb:12:34:56"


def still(frame=30):
    pixels = np.full((360, 640, 3), 60, np.uint8)
    cv2.circle(pixels, (320, 180), 2, (255, 255, 255), -1)
    return Still(frame, cv2.imencode(".jpg", pixels)[1].tobytes())


def reason(says="It shines in the lamp's light only", kind="lit", measured=0.93, unit="of saturation"):
    return Reason(kind, says, measured, unit, 2.0, "Sami et al., LAPD, 2021")


def lens(*, alarm=True, probability=0.97, frame=30, x=320.0):
    track = Track(tuple((frame + n, x, 180.0) for n in range(3)))
    return Finding(track, alarm, probability, (reason(),), "Go closer and look into the hole.")


def device(name="Hikvision DS-2CD2042WD", *, alarm=True, probability=0.99):
    where = Device("44:19:b6:00:00:01", ("192.168.1.64",), "Hikvision", (), "")
    return Finding(where, alarm, probability, (reason("It answers as an ONVIF camera", "onvif", "NetworkVideoTransmitter", ""),), "Find out which device holds this address.", name)


def neighbour(name="Anna's iPhone 123456"):
    seen = tuple(Sighting("dhcp-host-name", value, 1.0, mac=NEIGHBOUR) for value in (name, name, f"tail {NEIGHBOUR.upper().replace(':', '-')}"))
    return Device(NEIGHBOUR, ("192.168.1.23", "fe80::3e22:fbff:fe12:3456"), "Apple", seen, "")


def report(lens_findings=(), devices=(), others=(), gaps=(), stills=(), *, replay=False, requested=("lens", "network"), refused=None):
    results = (
        SenseResult(Coverage("lens", {"frames": 90, "seconds": 3.0}, gaps, ("A lens behind mirror glass hardly shines.",)), tuple(lens_findings), (), refused or Refused(), tuple(stills)),
        SenseResult(Coverage("network", {"packets": 812}, (), ("A camera that only records to a card is silent.",)), tuple(devices), tuple(others)),
    )
    results = tuple(r for r in results if r.coverage.sense in requested)
    sources = (Source("lens", "room.mp4" if replay else "camera 0", replay),)
    return Report("0.1.0", "2026-11-22T10:00:00Z", judge(results, requested), results, sources, "owner")


class Page(HTMLParser):
    """What a browser would make of it: tags with their attributes, and the text between."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


# --- JSON


def test_json_has_the_fields_of_the_public_form_and_says_what_was_found():
    made = json.loads(as_json(report([lens()], [device()], [neighbour()], refused=Refused({"moves": 4}, (("moves", Track(((1, 2.0, 3.0),))),)))))
    assert list(made)[:4] == ["schema", "tool", "started_utc", "verdict"]
    assert made["schema"] == "roomsweep/1"
    assert made["verdict"] == "LIKELY CAMERA"
    assert made["senses"] == {"lens": "LIKELY CAMERA", "network": "LIKELY CAMERA"}
    found = {one["kind"]: one for one in made["findings"]}
    assert found["lens"]["track"] == [[30, 320.0, 180.0], [31, 320.0, 180.0], [32, 320.0, 180.0]]
    assert found["lens"]["reasons"] == [{"kind": "lit", "says": "It shines in the lamp's light only", "measured": 0.93, "unit": "of saturation"}]
    assert (found["device"]["mac"], found["device"]["camera"]) == ("44:19:b6:00:00:01", "Hikvision DS-2CD2042WD")
    assert made["refused"] == {"counts": {"moves": 4}, "examples": [{"reason": "moves", "track": [[1, 2.0, 3.0]]}]}
    assert made["coverage"]["lens"]["examined"] == {"frames": 90, "seconds": 3}
    assert made["coverage"]["network"]["completed"] is True


def test_findings_come_alarms_first_then_by_probability():
    made = as_dict(report([lens(alarm=False, probability=0.9), lens(probability=0.8)], [device(probability=0.95), device(alarm=False, probability=0.2)]))
    assert [(f["alarm"], f["probability"]) for f in made["findings"]] == [(True, 0.95), (True, 0.8), (False, 0.9), (False, 0.2)]


def test_a_sense_not_asked_for_is_absent_everywhere():
    made = as_dict(report(requested=("network",)))
    assert list(made["senses"]) == list(made["coverage"]) == ["network"]


def test_frames_stay_whole_numbers_and_places_are_not_drowned_in_digits():
    finding = Finding(Track(((np.int64(4), np.float32(1 / 3), 2.0),)), True, 0.5, (reason(),), "Look.")
    (point,) = as_dict(report([finding]))["findings"][0]["track"]
    assert point == [4, 0.33, 2.0]
    assert isinstance(point[0], int)
    json.dumps(point)


@pytest.mark.parametrize("measured", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_know_becomes_null(measured):
    made = json.loads(as_json(report([Finding(lens().where, True, 0.9, (reason(measured=measured),), "Look.")])))
    assert made["findings"][0]["reasons"][0]["measured"] is None


# --- privacy


def test_other_devices_keep_only_the_vendors_half_of_their_mac_in_json():
    text = as_json(report(others=[neighbour()]))
    (other,) = json.loads(text)["devices"]
    assert other["mac"] == "3c:22:fb:xx:xx:xx"
    assert other["addresses"] == ["192.168.1.23", "fe80:0000:0000:0000:xx"]
    assert [fact["value"] for fact in other["known"]] == ["Anna's iPhone xxxxxx", "tail 3C-22-FB-xxxxxx"]
    assert "12:34:56" not in text
    assert "123456" not in text


def test_the_page_that_is_handed_on_says_less_still():
    page = as_html(report([lens()], [device()], [neighbour()]))
    for private in (NEIGHBOUR, "12:34:56", "Anna", "192.168.1.23", "fe12:3456"):
        assert private not in page
    assert "3c:22:fb:xx:xx:xx" in page
    assert "192.168.1.xx" in page
    assert "44:19:b6:00:00:01" in page, "whoever follows a finding up needs its whole MAC"


def test_the_terminal_counts_other_devices_by_vendor():
    text = as_text(report(others=[neighbour(), neighbour("Bob")]))
    assert "Other devices on the network: Apple (2)." in text
    assert "Anna" not in text


@pytest.mark.parametrize(
    ("address", "hidden"),
    [("10.1.2.3", "10.1.2.xx"), ("2001:db8::1", "2001:0db8:0000:0000:xx"), ("fe80::1%eth0", "fe80:0000:0000:0000:xx"), ("nonsense", "xx")],
)
def test_addresses_lose_the_part_that_says_which_device(address, hidden):
    assert privacy.redact_address(address) == hidden


def test_only_addresses_made_from_a_mac_are_hidden_in_the_full_report():
    assert privacy.address_for_report("2001:db8::7") == "2001:db8::7"
    assert privacy.address_for_report("2001:db8::3e22:fbff:fe12:3456") == "2001:0db8:0000:0000:xx"
    assert privacy.redact_mac(None) is None
    assert privacy.without_mac("name", None) == "name"


# --- words of strangers


def test_words_of_strangers_are_escaped_in_the_page():
    hostile = Finding(Device(None, (HOSTILE,), HOSTILE, (), HOSTILE), True, 0.9, (Reason(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1.0, HOSTILE),), HOSTILE, HOSTILE)
    other = Device(NEIGHBOUR, (HOSTILE,), HOSTILE, (Sighting(HOSTILE, HOSTILE, 0.0),), HOSTILE)
    made = report([lens()], [hostile], [other], (Gap("lost", HOSTILE),), [still()], refused=Refused({HOSTILE: 2}))
    made = Report(made.tool, made.started_utc, made.verdict, made.results, (Source("lens", HOSTILE, replay=True),), "owner")
    page = Page(as_html(made))
    assert not {tag for tag, _ in page.tags} & {"script", "iframe", "object", "link", "form"}
    assert all(a["src"].startswith("data:image/jpeg;base64,") for tag, a in page.tags if tag == "img")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "<script>alert('x')</script>" in " ".join(page.words), "shown as text"


@pytest.mark.parametrize("write", [as_text, as_html, as_json])
def test_control_and_direction_characters_never_reach_a_reader(write):
    hostile = Finding(Device(None, (), ESCAPES, (), ""), True, 0.9, (reason(ESCAPES, "name", ESCAPES, ""),), "Look.", ESCAPES)
    made = write(report([], [hostile], [Device(NEIGHBOUR, (ESCAPES,), ESCAPES, (Sighting("name", ESCAPES, 0.0),))], (Gap("lost", ESCAPES),)))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", made)
    made.encode("utf-8")


def test_a_name_of_a_megabyte_is_cut():
    assert len(privacy.plain("x" * 1_000_000)) == privacy.LONGEST
    assert privacy.plain("카메라 – Küche") == "카메라 – Küche"
    page = as_html(report(others=[Device(NEIGHBOUR, (), "v" * 1_000_000)]))
    assert len(page) < 20_000


def test_a_flood_of_facts_about_one_device_is_cut():
    flood = Device(NEIGHBOUR, (), None, tuple(Sighting("name", f"n{i}", 0.0) for i in range(5000)))
    assert len(as_dict(report(others=[flood]))["devices"][0]["known"]) == 40


# --- text


def test_the_text_leads_with_the_verdict_and_gives_reason_and_next_step():
    text = as_text(report([lens()], [device()]))
    assert text.startswith("LIKELY CAMERA: 1 glint and 1 device look like a hidden camera.")
    flat = " ".join(text.split())
    assert "1. A device on the network: Hikvision DS-2CD2042WD (44:19:b6:00:00:01, 192.168.1.64): alarm, probability 99 %" in flat
    assert "- It shines in the lamp's light only (0.93 of saturation)" in flat
    assert "- It answers as an ONVIF camera (NetworkVideoTransmitter)" in flat
    assert "Next: Go closer and look into the hole." in flat


@pytest.mark.parametrize(
    ("says", "measured", "unit", "shown"),
    [
        ("It stands out.", 103.0, "grey levels", "It stands out (103 grey levels)"),
        ("It stands 103 grey levels above.", 103.0, "grey levels", "It stands 103 grey levels above."),
        ("It stands out.", None, "", "It stands out."),
        ("calls itself a camera", "IPC-1", "", "Calls itself a camera (IPC-1)"),
    ],
)
def test_a_measurement_is_told_once(says, measured, unit, shown):
    assert shown in as_text(report([Finding(lens().where, True, 0.9, (reason(says, "k", measured, unit),), "Look.")]))


@pytest.mark.parametrize(("probability", "shown"), [(0.9999, "over 99 %"), (0.993, "99 %"), (0.5, "50 %"), (0.0001, "1 %")])
def test_a_probability_is_never_told_as_a_certainty(probability, shown):
    assert f"probability {shown}" in as_text(report([lens(probability=probability)]))
    assert f"probability {shown}<" in as_html(report([lens(probability=probability)]))


def test_the_same_next_step_is_told_once():
    text = as_text(report([lens(), lens(probability=0.8)]))
    assert text.count("Go closer and look into the hole.") == 1
    assert "Next: the same as for 1." in text


def test_the_text_says_what_was_not_covered_and_what_to_do():
    flat = " ".join(as_text(report(gaps=(Gap("lost", "The camera was unplugged after 2 s."),))).split())
    assert "Lens search, this time: The camera was unplugged after 2 s." in flat
    assert "Network search: A camera that only records to a card is silent." in flat
    assert all(step in flat for step in IF_FOUND)


def test_the_text_says_which_sense_nobody_asked_for():
    assert "Network search: not asked for." in as_text(report(requested=("lens",)))


def test_a_replay_says_so_first_and_a_live_sweep_does_not():
    for write in (as_text, as_html, as_json):
        assert "REPLAY" in write(report([lens()], replay=True))
        assert "REPLAY" not in write(report([lens()]))
    assert as_text(report(replay=True)).startswith("REPLAY · NOTHING SEEN")
    assert "not from this room as it is now" in " ".join(as_text(report(replay=True)).split())


def test_no_line_is_wider_than_a_terminal():
    long = report([lens()], [device(name="m" * 60 + " " + "n" * 60)], [neighbour()] * 40, refused=Refused({"slides over the glass": 7, "no_lamp": 1200}))
    assert max(map(len, as_text(long).splitlines())) <= 90


@pytest.mark.parametrize("write", [as_text, as_html, as_json])
def test_no_report_promises_that_a_room_holds_no_camera(write):
    words = set(re.findall("[a-z]+", write(report()).lower()))
    assert not words & {"safe", "clean", "secure", "guaranteed"}


# --- HTML


def test_the_page_is_one_file_that_fetches_nothing():
    page = Page(as_html(report([lens()], [device()], [neighbour()], stills=[still()])))
    assert not any("href" in attributes or "srcset" in attributes for _, attributes in page.tags)
    assert not re.search("https?:", "".join(page.words))
    policy = next(a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert any(a.get("name") == "viewport" for tag, a in page.tags)


def test_the_page_shows_the_picture_and_an_enlarged_crop_of_each_lens():
    page = Page(as_html(report([lens(), lens(alarm=False, x=100.0)], [device()], stills=[still()])))
    pictures = [a["alt"] for tag, a in page.tags if tag == "img"]
    assert pictures == ["Frame 30 of the sweep, findings ringed and numbered", "Finding 2, six times enlarged", "Finding 3, six times enlarged"]


def test_findings_are_numbered_alike_in_picture_text_and_page():
    made = report([lens()], [device()], stills=[still()])
    assert list(illustrate(made).crops) == [2]
    assert "2. A glint like a lens" in as_text(made)
    assert re.search(r'class="number">2</span> A glint like a lens', as_html(made))


def test_as_few_stills_are_shown_as_hold_every_finding_and_the_best_of_them():
    early, late = lens(frame=10), lens(frame=40)
    whole = Finding(Track(tuple((n, 200.0, 90.0) for n in range(10, 43))), True, 0.8, (reason(),), "Look.")
    made = report([early, late, whole], stills=[still(8), still(11), still(25), still(41)])
    assert list(illustrate(made).stills) == [11, 41]
    assert list(illustrate(made).crops) == [1, 2, 3]


def test_a_finding_that_no_still_shows_is_told_in_words_only():
    made = report([lens(frame=500)], stills=[still(8)])
    assert illustrate(made).crops == {}
    assert "A glint like a lens" in as_html(made)


def test_a_still_without_findings_is_shown_as_it_is():
    page = Page(as_html(report(stills=[still(3), still(9)])))
    assert [a["alt"] for tag, a in page.tags if tag == "img"] == ["Frame 3 of the sweep"]


def test_a_still_that_is_no_picture_costs_only_the_picture():
    page = as_html(report([lens()], stills=[Still(30, b"broken")]))
    assert "<img" not in page
    assert "A glint like a lens at x 320, y 180 of frame 31" in html.unescape(page)
