from __future__ import annotations

import io

import pytest

from hardware import console
from hardware.console import Bars, remark, show


class Terminal(io.StringIO):
    """Text as a terminal would get it."""

    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _colour(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)


REPORT = "LOOK HERE: 1 glint is worth a closer look. [bold]not markup[/bold]\n\nWhat was not covered\n  - all of it\n"


def test_a_file_gets_the_report_as_it_is():
    stream = io.StringIO()
    show(REPORT, stream)
    assert stream.getvalue() == REPORT


def test_a_terminal_gets_the_same_words_in_colour():
    stream = Terminal()
    show(REPORT, stream)
    assert "\x1b[1;33mLOOK HERE\x1b[0m" in stream.getvalue()
    assert "\x1b[1mWhat was not covered\x1b[0m" in stream.getvalue()
    assert "[bold]not markup[/bold]" in stream.getvalue()


def test_a_pipe_gets_colour_where_the_user_says_so(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    stream = io.StringIO()
    show(REPORT, stream)
    assert "\x1b[1;33mLOOK HERE\x1b[0m" in stream.getvalue()


def test_no_colour_where_nobody_wants_it(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    show("LOOK HERE\n", stream)
    assert "33m" not in stream.getvalue()


def test_a_remark_is_one_line_however_long_and_takes_no_markup(capsys):
    remark("[red]" + "x" * 500)
    assert capsys.readouterr().err == "[red]" + "x" * 500 + "\n"


def test_a_bar_comes_after_a_while_and_goes_at_the_end(monkeypatch):
    monkeypatch.setattr(console, "PATIENCE_S", 0.0)
    stream = Terminal()
    with Bars(stream) as bars:
        bars.tell("room.mp4", 1, 90)
        bars.tell("eth0", 5, None)
        bars.tell("room.mp4", 90, 90)
    assert "room.mp4" in stream.getvalue()
    assert "\x1b[?25h" in stream.getvalue(), "the cursor is shown again"


def test_what_is_over_quickly_gets_no_bar():
    stream = Terminal()
    with Bars(stream) as bars:
        bars.tell("room.mp4", 1, 90)
    assert stream.getvalue() == ""


def test_no_bar_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(console, "PATIENCE_S", 0.0)
    stream = io.StringIO()
    with Bars(stream) as bars:
        bars.tell("room.mp4", 1, 90)
    assert stream.getvalue() == ""


def test_a_bar_takes_no_markup_from_a_file_name(monkeypatch):
    monkeypatch.setattr(console, "PATIENCE_S", 0.0)
    stream = Terminal()
    with Bars(stream) as bars:
        bars.tell("[/nonsense]room.mp4", 1, 2)
    assert "[/nonsense]room.mp4" in stream.getvalue()
