"""Transcripts of sweeps: these sources, this report.  The sources here are small fakes behind the
protocols of hardware/sensor.py; the real ones are tested where they live and in test_cli.py."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from collections.abc import Mapping

import pytest

from detector.model import (
    Coverage,
    Device,
    Finding,
    Gap,
    Reason,
    SenseResult,
    Sighting,
    Track,
    VerdictWord,
)
from hardware import exits, runner
from hardware.feeds import Feed, Sense
from hardware.runner import NOTHING_CAME, STOPPED, UNREADABLE, sweep
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable

WHY = (Reason("lit", "It shines"),)
LENS = Finding(Track(((0, 1.0, 2.0),)), True, 0.9, WHY, "Look.")
LOST = SensorUnavailable(Unavailable.LOST, "It was unplugged.")
NO_CAMERA = SensorUnavailable(Unavailable.NO_DEVICE, "There is no camera.")
CUT = SensorUnavailable(Unavailable.CUT_SHORT, "It ends in the middle of a packet.")
NOT_A_VIDEO = InputUnreadable("x.mp4 is not a video.")


class Fake:
    """A source that gives what it was told to give, then raises what it was told to raise."""

    def __init__(self, items=(), error=None, name="fake", expected=None):
        self.items, self.error, self.name, self.closed = items, error, name, False
        self.expected_frames = expected

    def begin(self, clock):
        self.clock = clock
        return self, self._run()

    def _run(self):
        try:
            yield from self.items
            if self.error:
                raise self.error
        finally:
            self.closed = True


class Asking(Fake):
    """A source that accounts for itself."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.gaps, self.coverage_limits = [], []
        self.examined: Mapping[str, int] = {}

    def _run(self):
        yield from super()._run()
        self.gaps.append(Gap("no authority", "Nobody allowed it."))
        self.coverage_limits.append("A silent device does not show.")
        self.examined = {"addresses_asked": 254}
        self.name = "eth0 192.168.1.0/24"


class Search:
    """Counts what it is handed; ends on what it was told to hold."""

    def __init__(self, sense, findings=(), gaps=(), others=()):
        self.sense, self.findings, self.gaps, self.others, self.seen = sense, findings, gaps, others, []

    def take(self, item):
        self.seen.append(item)

    def finish(self):
        coverage = Coverage(self.sense, {"items": len(self.seen)}, self.gaps, ("limit",))
        return SenseResult(coverage, tuple(self.findings), tuple(self.others))


def sense(name, *sources, search=None, replay=False, **more):
    search = search or Search(name)
    feeds = tuple(Feed(source.name, replay, source.begin, search.take) for source in sources)
    return Sense(name, feeds, search.finish, **more)


def code(report, **more):
    return exits.exit_of(report, **({"unwritten": False, "exit_code": False} | more))


def gaps(report, name):
    return [gap for result in report.results if result.coverage.sense == name for gap in result.coverage.gaps]


def test_both_senses_run_to_their_end_and_nothing_is_seen():
    lens, network = Search("lens"), Search("network", others=[Device("00:11:22:33:44:55")])
    report = sweep([sense("lens", Fake(range(90)), search=lens), sense("network", Fake(range(7)), search=network)], "owner")
    assert (lens.seen, network.seen) == (list(range(90)), list(range(7)))
    assert report.verdict.word is VerdictWord.NOTHING_SEEN
    assert [result.coverage.examined for result in report.results] == [{"items": 90}, {"items": 7}]
    assert report.authority == "owner"
    assert len(report.others) == 1
    assert code(report) == 0


def test_a_finding_is_the_verdict_and_its_exit_code_only_where_asked_for():
    report = sweep([sense("lens", Fake([1]), search=Search("lens", [LENS]))])
    assert report.verdict.word is VerdictWord.LIKELY_CAMERA
    assert code(report) == 0
    assert code(report, exit_code=True) == 10


@pytest.mark.parametrize("error", [NO_CAMERA, SensorUnavailable(Unavailable.BUSY, "Busy."), SensorUnavailable(Unavailable.NO_PERMISSION, "No.")])
def test_a_live_sense_that_cannot_begin_leaves_the_other_and_is_named(error):
    report = sweep([sense("lens", Fake(error=error)), sense("network", Fake([1]))])
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert "The lens search was not done." in report.headline
    assert report.verdict.senses == {"lens": VerdictWord.NOT_CHECKED, "network": VerdictWord.NOTHING_SEEN}
    assert gaps(report, "lens") == [Gap(error.reason.value, error.says, fatal=True)]
    assert code(report) == 0


def test_nothing_checked_at_all_is_exit_3():
    report = sweep([sense("lens", Fake(error=NO_CAMERA)), sense("network", Fake(error=SensorUnavailable(Unavailable.NO_NETWORK, "No network.")))])
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert code(report) == 3


def test_what_came_before_a_sensor_was_lost_is_kept():
    search = Search("lens", [LENS])
    report = sweep([sense("lens", Fake(range(30), LOST), search=search)])
    assert len(search.seen) == 30
    assert report.verdict.word is VerdictWord.LIKELY_CAMERA
    assert gaps(report, "lens") == [Gap("lost", "It was unplugged.", fatal=False)]
    assert "The lens search was done only in part." in report.headline
    assert code(report) == 0


def test_a_recording_cut_short_is_kept_as_far_as_it_goes_and_is_exit_2():
    report = sweep([sense("network", Fake(range(5), CUT), replay=True)])
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert report.results[0].coverage.examined == {"items": 5}
    assert code(report) == 2


def test_an_unreadable_recording_is_exit_2_and_the_other_sense_still_runs():
    report = sweep([sense("lens", Fake(error=NOT_A_VIDEO), replay=True), sense("network", Fake([1]), replay=True)])
    assert gaps(report, "lens") == [Gap(UNREADABLE, "x.mp4 is not a video.", fatal=True)]
    assert report.verdict.senses["network"] is VerdictWord.NOTHING_SEEN
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert code(report) == 2


def test_a_source_that_cannot_even_be_opened_is_a_gap_too():
    def begin(_):
        raise InputUnreadable("There is no file x.mp4.")

    report = sweep([Sense("lens", (Feed("x.mp4", True, begin, print),), Search("lens").finish)])
    assert gaps(report, "lens") == [Gap(UNREADABLE, "There is no file x.mp4.", fatal=True)]
    assert [source.name for source in report.sources] == ["x.mp4"]
    assert report.headline.startswith("REPLAY · NOT CHECKED")


def test_a_source_that_ends_without_anything_was_not_a_check():
    search = Search("network", [])
    report = sweep([sense("network", Fake(name="empty.pcap"), search=search)])
    (gap,) = gaps(report, "network")
    assert (gap.reason, gap.fatal) == (NOTHING_CAME, True)
    assert "empty.pcap" in gap.says
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert code(report) == 3


def test_a_sense_without_any_source_says_why():
    report = sweep([Sense("lens", (), Search("lens").finish, (Gap("not supported", "OpenCV is broken.", fatal=True),))])
    assert gaps(report, "lens") == [Gap("not supported", "OpenCV is broken.", fatal=True)]
    assert code(report) == 3


def test_one_source_of_a_sense_may_fail_while_the_other_checks():
    search = Search("network")
    denied = SensorUnavailable(Unavailable.NO_PERMISSION, "Raw frames need a privilege.")
    report = sweep([sense("network", Fake([Sighting("arp", "x", 0.0)]), Fake(error=denied), search=search)])
    assert len(search.seen) == 1
    assert [gap.fatal for gap in gaps(report, "network")] == [False]
    assert report.verdict.word is VerdictWord.NOT_CHECKED
    assert code(report) == 0


def test_what_a_source_says_of_itself_goes_into_coverage_and_its_last_name_into_the_report():
    report = sweep([sense("network", Asking([1], name="the joined network"), limits=("Only what answers was heard.",))])
    coverage = report.results[0].coverage
    assert coverage.gaps == (Gap("no authority", "Nobody allowed it."),)
    assert coverage.limits == ("limit", "Only what answers was heard.", "A silent device does not show.")
    assert coverage.examined == {"items": 1, "addresses_asked": 254}
    assert [source.name for source in report.sources] == ["eth0 192.168.1.0/24"]


def test_gaps_of_the_search_are_kept_and_none_is_told_twice():
    search = Search("lens", gaps=(Gap("lost", "It was unplugged."), Gap("dark", "Too dark to see.")))
    report = sweep([sense("lens", Fake([1], LOST), search=search)])
    assert [gap.reason for gap in gaps(report, "lens")] == ["lost", "dark"]


def test_replay_is_said_when_anything_is_recorded_and_only_then():
    assert sweep([sense("lens", Fake([1]), replay=True), sense("network", Fake([1]))]).headline.startswith("REPLAY")
    assert "REPLAY" not in sweep([sense("lens", Fake([1]))]).headline


def test_senses_run_at_the_same_time():
    both = threading.Barrier(2, timeout=20)

    def meet():
        both.wait()
        yield 1

    def feed(name):
        return Feed(name, False, lambda _: (Fake(), meet()), lambda _: None)

    report = sweep([Sense(name, (feed(name),), Search(name).finish) for name in ("lens", "network")])
    assert report.verdict.word is VerdictWord.NOTHING_SEEN


def test_all_sources_are_handed_one_clock_that_begins_with_the_sweep():
    sources = [Fake([1]), Fake([2]), Fake([3])]
    before_s = time.monotonic()
    sweep([sense("lens", sources[0]), sense("network", *sources[1:])])
    (clock,) = {source.clock for source in sources}
    assert before_s <= clock.began_s <= time.monotonic()
    assert 0 <= clock() <= time.monotonic() - before_s


def test_a_batch_counts_as_what_is_in_it():
    told, search = [], Search("network")
    feed = Feed("eth0", False, Fake(["abc", "de"], name="eth0").begin, search.take, len)
    sweep([Sense("network", (feed,), search.finish)], tell=lambda *one: told.append(one))
    assert told == [("eth0", 3, None), ("eth0", 5, None)]


def test_two_sources_of_one_sense_never_hand_over_at_once():
    inside, overlaps = [], []

    def take(item):
        inside.append(item)
        overlaps.append(len(inside))
        time.sleep(0)  # gives the other thread its chance
        inside.pop()

    feeds = tuple(Feed(f"{n}", False, Fake(range(2000)).begin, take) for n in range(2))
    sweep([Sense("network", feeds, Search("network").finish)])
    assert len(overlaps) == 4000
    assert max(overlaps) == 1


def test_ctrl_c_keeps_what_was_gathered_and_releases_the_sensor():
    search = Search("lens", [LENS])
    source = Fake(name="camera 0")
    interrupted = threading.Event()

    def endless():
        yield from range(5)
        _thread.interrupt_main()
        interrupted.set()
        while True:
            yield 5

    source.items = endless()
    report = sweep([sense("lens", source, search=search)])
    assert interrupted.is_set()
    assert source.closed
    assert len(search.seen) >= 5
    assert [gap.reason for gap in gaps(report, "lens")] == [STOPPED]
    assert report.verdict.word is VerdictWord.LIKELY_CAMERA
    assert code(report) == 0


def test_a_source_that_does_not_come_back_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(runner, "STOPPING_S", 0.1)
    silent, search = threading.Event(), Search("network")

    def listening():
        yield 1
        _thread.interrupt_main()
        silent.wait(60)
        yield 2

    report = sweep([sense("network", Fake(listening(), name="eth0"), search=search), sense("lens", Fake([1]))])
    assert [gap.reason for gap in gaps(report, "network")] == [STOPPED]
    assert report.results[0].coverage.examined == {"items": 1}
    (thread,) = [thread for thread in threading.enumerate() if thread.name == "eth0"]
    silent.set()
    thread.join(20)
    assert search.seen == [1], "what comes after the end is dropped"


@pytest.fixture
def interruptible():
    """As in a terminal: what a shell starts in the background begins with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_a_second_ctrl_c_is_not_held_back():
    def twice():
        yield 1
        _thread.interrupt_main()
        while signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
            time.sleep(0)
        _thread.interrupt_main()
        yield from iter(lambda: 1, 2)

    with pytest.raises(KeyboardInterrupt):
        sweep([sense("lens", Fake(twice()))])


def test_signals_are_handed_back_after_a_sweep():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    sweep([sense("lens", Fake([1]))])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_sweep_off_the_main_thread_leaves_signals_alone():
    done = []
    thread = threading.Thread(target=lambda: done.append(sweep([sense("lens", Fake([1]))])))
    thread.start()
    thread.join(20)
    assert done[0].verdict.word is VerdictWord.NOTHING_SEEN


def test_progress_is_told_in_frames_of_how_many_or_in_bytes_of_how_many():
    told = []
    capture = Fake([1, 2], name="x.pcap")
    capture.size_bytes, capture.done_bytes = 400, 123
    sweep([sense("lens", Fake([1, 2], name="x.mp4", expected=2)), sense("network", capture)], tell=lambda *one: told.append(one))
    assert [one for one in told if one[0] == "x.mp4"] == [("x.mp4", 1, 2), ("x.mp4", 2, 2)]
    assert [one for one in told if one[0] == "x.pcap"] == [("x.pcap", 123, 400)] * 2


@pytest.mark.parametrize("where", ["begin", "items", "take", "finish"])
def test_a_fault_of_ours_is_no_gap_and_no_verdict(where):
    def boom(*_):
        raise ZeroDivisionError(where)

    search = Search("lens")
    if where == "finish":
        search.finish = boom
    source = Fake([1], ZeroDivisionError("items") if where == "items" else None)
    feed = Feed("x", False, boom if where == "begin" else source.begin, boom if where == "take" else search.take)
    with pytest.raises(ZeroDivisionError, match=where):
        sweep([Sense("lens", (feed,), search.finish), sense("network", Fake([1] if where == "finish" else iter(lambda: 1, 2)))])


def test_the_report_says_when_it_began_in_utc():
    report = sweep([sense("lens", Fake([1]))])
    began = time.strptime(report.started_utc, "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(began) - time.mktime(time.gmtime())) < 60


@pytest.mark.parametrize(
    ("more", "expected"),
    [({"unwritten": True}, 2), ({"unwritten": True, "exit_code": True}, 2), ({"exit_code": True}, 10), ({}, 2)],
)
def test_which_exit_code_goes_before_which(more, expected):
    report = sweep([sense("lens", Fake([1], CUT), search=Search("lens", [LENS]))])
    assert code(report, **more) == expected


def test_exit_codes_are_told_in_a_table():
    assert list(exits.SAYS) == [0, 2, 3, 10, 70]
    assert exits.table_in_markdown().count("\n") == 7
