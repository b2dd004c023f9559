"""What nobody foresaw: plain words, a code of its own, the traceback only for those who ask."""

from __future__ import annotations

import errno
import os

import pytest

from hardware import exits, faults


def test_a_fault_is_told_as_ours_and_says_nothing_about_the_room(capsys):
    assert faults.told(RuntimeError("x" * 500)) == exits.FAULT
    said = capsys.readouterr()
    assert said.out == ""
    assert "a fault of ours (RuntimeError: " in said.err
    assert "nothing is said about the room" in said.err
    assert "x" * 201 not in said.err
    assert "Traceback" not in said.err


def test_the_traceback_is_for_those_who_ask(capsys, monkeypatch):
    monkeypatch.setenv("ROOMSWEEP_DEBUG", "1")
    try:
        int("lost")
    except ValueError as error:
        faults.told(error)
    assert "test_faults.py" in capsys.readouterr().err


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_nobodys_fault(number, capsys, monkeypatch):
    monkeypatch.setattr("hardware.delivery._abandon_output", lambda: None)
    assert faults.told(OSError(number, os.strerror(number), "report.json")) == exits.USAGE
    assert "report.json cannot be written" in " ".join(capsys.readouterr().err.split())


def test_another_error_of_the_system_is_a_fault(capsys):
    assert faults.told(OSError(errno.EBADF, "Bad file descriptor")) == exits.FAULT
    assert "a fault of ours" in capsys.readouterr().err
