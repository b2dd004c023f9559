"""What a command does once its words are understood; each gives its exit code."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hardware import exits, store
from hardware.console import Bars, remark, show
from hardware.delivery import STANDARD_OUTPUT, Delivery, complain, text_stream, write_out

if TYPE_CHECKING:
    from hardware.feeds import Sense
    from hardware.requested import Requested


def sweep(build: Callable[[], Requested], out: Path | None, json_file: str | None, *, exit_code: bool) -> int:
    """Sweep, and deliver the report everywhere it was asked for.

    build: the senses and the authority; called only when no earlier report lies in the way any more.
    """
    from hardware.runner import sweep as run  # noqa: PLC0415 -- `signatures` has no use for it

    _collect_seldom()
    delivery = Delivery(out, json_file)
    delivery.prepare()
    senses, authority = build()
    for sense in senses:
        if sense.hint:
            remark(sense.hint)
    with Bars() as bars:
        report = run(senses, authority, bars.tell)
    delivery.deliver(report, next((sense.again for sense in senses if sense.again is not None), None))
    complain(delivery.refusals)
    return exits.exit_of(report, unwritten=bool(delivery.refusals), exit_code=exit_code)


def _collect_seldom() -> None:
    """Look for garbage seldom: what is loaded and found lasts to the end, and looking through all of it
    again and again took a tenth of the time in which a capture of a million packets is searched.
    """
    gc.set_threshold(20_000)


def self_test(sense: Sense) -> int:
    """Search for a lens that is known to be there, and say whether it was seen."""
    from detector.optics import selftest  # noqa: PLC0415
    from hardware.runner import sweep as run  # noqa: PLC0415

    if sense.hint:
        remark(sense.hint)
    with Bars() as bars:
        report = run([sense], None, bars.tell)
    told = selftest.judge(report.results[0])
    lines = [*(gap.says for gap in report.results[0].coverage.gaps), *told.says]
    show("".join(f"{line}\n" for line in lines), sys.stdout)
    return exits.DONE if told.passed else exits.NOT_CHECKED


def doctor(json_file: str | None) -> int:
    """Say what this machine can do and what would help."""
    from hardware import doctor as examiner  # noqa: PLC0415
    from hardware.runner import tool_version  # noqa: PLC0415

    machine = examiner.look()
    found = examiner.abilities(machine)
    data = examiner.as_dict(found, machine, tool_version())
    if _refused(examiner.as_text(found), _as_json(data), json_file):
        return exits.USAGE
    able = any(one.works is not False and one.sense != "replay" for one in found)
    return exits.DONE if able else exits.NOT_CHECKED


def signatures(words: Sequence[str], json_file: str | None, *, refresh: bool, from_file: Path | None) -> int:
    """Renew the registry of makers where that is asked for, and answer what the words ask of the rules."""
    from detector.network.vendors import VendorTableError  # noqa: PLC0415
    from hardware import rule_book  # noqa: PLC0415

    try:
        text = rule_book.renewed(refresh=refresh, from_file=from_file)
    except (OSError, VendorTableError) as error:
        complain([f"The registry was not refreshed: {error}."])
        return exits.USAGE
    written = "{}\n"
    if words or not text:
        more, known = rule_book.answer(words)
        text, written = text + more, _as_json(known)
    return exits.USAGE if _refused(text, written, json_file) else exits.DONE


def _as_json(known: object) -> str:
    return json.dumps(known, indent=1) + "\n"


def _refused(text: str, written: str, json_file: str | None) -> bool:
    """Both forms to where they belong; whether one was not taken, which is told."""
    try:
        show(text, text_stream(json_file))
        if json_file == STANDARD_OUTPUT:
            write_out(written)
        elif json_file is not None:
            store.write_json(Path(json_file), written)
    except OSError as error:
        complain([f"{json_file or 'The answer'} cannot be written: {error.strerror}."])
        return True
    return False
