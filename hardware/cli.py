"""Words -> runner -> exit code.  The only file that knows typer.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import errno
import gc
import json
import math
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hardware import exits, streams

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hardware.inputs import LampPins
    from hardware.runner import Sense

    Built = tuple[list[Sense], str | None]

app = typer.Typer(
    help="Finds hidden cameras: lens glints in flash-lit video, cameras on the network, one verdict.",
    epilog="Exit codes: " + "; ".join(f"{code} {says}" for code, says in exits.SAYS.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)



def _number(value: float | list[float] | None) -> float | list[float] | None:
    """Refuse what is no number: it is neither below nor above any bound."""
    if any(math.isnan(one) for one in (value if isinstance(value, list) else [value or 0.0])):
        raise typer.BadParameter("nan is not a number.")
    return value


Authority = Annotated[
    Literal["owner", "guest", "official"] | None,
    typer.Option(help="By which right you ask this network. Without it, it is only listened to and asked by multicast."),
]
Capture = Annotated[Path | None, typer.Option(help="A recorded pcap or pcapng file in place of the live network.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 10 for LIKELY CAMERA or LOOK HERE.")]
Interface = Annotated[str | None, typer.Option(help="The network interface to use.")]
Json = Annotated[str | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - for standard output.")]
Lamp = Annotated[Path | None, typer.Option(help="The lamp's state per frame, where it is known (JSON).")]
Out = Annotated[Path | None, typer.Option(help="A folder for the report (HTML, JSON, text, pictures, hashes).")]
Distance = Annotated[
    list[float] | None,
    typer.Option(min=0.1, max=20.0, callback=_number, help="How far away what you swept was, in metres, for what a lens would have shown; may be given several times."),
]
Promiscuous = Annotated[
    bool, typer.Option("--promiscuous", help="Hear frames for others too: at a switch's mirror port, or on a bridge.")
]
Seconds = Annotated[float, typer.Option(min=1.0, max=3600.0, callback=_number, help="How long a live sweep looks and listens.")]


def main() -> None:
    """Run the program; always ends in one of the codes of `exits`.

    Whatever nobody foresaw ends here, in plain words and without a verdict.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    streams.make_ready()
    code: str | int | None = exits.DONE
    try:
        app()
    except SystemExit as end:
        # 130, or 1 in older versions, is typer's word for Ctrl-C before or after a sweep.
        code = exits.NOT_CHECKED if end.code in {1, 130} else end.code
    except KeyboardInterrupt:
        code = exits.NOT_CHECKED
    except OSError as error:
        code = _full(error) if error.errno in {errno.ENOSPC, errno.EDQUOT} else _fault(error)
    except Exception as error:  # noqa: BLE001 -- the one catch at the very top: a crash must never look like a verdict
        code = _fault(error)
    sys.exit(code)


def _full(error: OSError) -> int:
    """A disk that is full is nobody's fault, wherever it shows."""
    _complain([f"{error.filename or 'The answer'} cannot be written: {error.strerror}."])
    return exits.USAGE


def _fault(error: Exception) -> int:
    if os.environ.get("ROOMSWEEP_DEBUG") == "1":
        traceback.print_exception(error)
    sys.stderr.write(
        f"This is a fault of ours ({type(error).__name__}: {str(error)[:200]!r}), not a result: nothing is said about the room.\n"
        "Please report it where you got roomsweep from, with what it prints when ROOMSWEEP_DEBUG=1 is set.\n"
    )
    return exits.FAULT


def _version(asked: bool) -> None:  # noqa: FBT001 -- typer hands it over so
    if asked:
        from hardware.runner import tool_version  # noqa: PLC0415

        typer.echo(f"roomsweep {tool_version()}")
        raise typer.Exit


@app.callback()
def _options(
    *, version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")] = False
) -> None:
    pass


@app.command()
def sweep(
    *,
    replay: Annotated[str | None, typer.Option(help="A recorded sweep: its folder, or the name of a shipped sample.")] = None,
    video: Annotated[str | None, typer.Option(help="A video file, a folder of pictures, or a camera's number.")] = None,
    lamp: Lamp = None,
    capture: Capture = None,
    interface: Interface = None,
    authority: Authority = None,
    seconds: Seconds = 30.0,
    distance: Distance = None,
    lamp_pins: Annotated[str | None, typer.Option(metavar="ON,OFF", help="GPIO pins (BCM) of a switched lamp: round the lens, and aside of it.")] = None,
    infrared: Annotated[bool, typer.Option("--infrared", help="The lamp is infrared and may flash at any rate.")] = False,
    out: Out = None,
    json_file: Json = None,
    exit_code: ExitCode = False,
) -> None:
    """Use both senses, live or recorded, for one verdict."""
    from hardware import inputs  # noqa: PLC0415

    if replay is not None:
        if any(named is not None for named in (video, lamp, capture, interface, lamp_pins)):
            raise typer.BadParameter("--replay takes its inputs from the folder and goes without other inputs.")
        _run(lambda: _replayed(replay, authority, pictures=out is not None), out, json_file, exit_code=exit_code)
        return
    if video is not None and lamp_pins is not None:
        raise typer.BadParameter("--lamp-pins goes with a live camera, not with --video.")
    pins = _pins(lamp_pins, infrared=infrared)

    def build() -> Built:
        far, pictures = distance or (), out is not None
        named = _lens([video], lamp, seconds, far, pictures=pictures) if video is not None else None
        lens = named or inputs.lens_live(None, seconds, pins, far, pictures=pictures)
        return [lens, _network(capture, interface, authority, seconds)], authority

    _run(build, out, json_file, exit_code=exit_code)


@app.command()
def lens(
    inputs: Annotated[list[str], typer.Argument(help="A video, a folder of pictures, a picture, two (lit first), or a camera's number.")],
    *,
    lamp: Lamp = None,
    seconds: Seconds = 30.0,
    distance: Distance = None,
    self_test: Annotated[bool, typer.Option("--self-test", help="The video shows a lens that you know, an old phone 1 m away: say whether this camera and torch can see it.")] = False,
    out: Out = None,
    json_file: Json = None,
    exit_code: ExitCode = False,
) -> None:
    """Search for lenses only."""
    if self_test:
        if out is not None or json_file is not None or exit_code:
            raise typer.BadParameter("--self-test answers in words; it goes without --out, --json and --exit-code.")
        _self_test(_lens(inputs, lamp, seconds, distance or (), pictures=False))
        return
    _run(lambda: ([_lens(inputs, lamp, seconds, distance or (), pictures=out is not None)], None), out, json_file, exit_code=exit_code)


@app.command()
def network(
    *,
    capture: Capture = None,
    interface: Interface = None,
    authority: Authority = None,
    seconds: Seconds = 30.0,
    promiscuous: Promiscuous = False,
    out: Out = None,
    json_file: Json = None,
    exit_code: ExitCode = False,
) -> None:
    """Search the network only, joined or recorded."""
    _run(lambda: ([_network(capture, interface, authority, seconds, promiscuous=promiscuous)], authority), out, json_file, exit_code=exit_code)


@app.command()
def doctor(*, json_file: Json = None) -> None:
    """Say what this machine can do and what would help."""
    from hardware import doctor as examiner  # noqa: PLC0415
    from hardware.runner import tool_version  # noqa: PLC0415

    machine = examiner.look()
    found = examiner.abilities(machine)
    written = json.dumps(examiner.as_dict(found, machine, tool_version()), indent=1) + "\n"
    refusals = _told(examiner.as_text(found), written, json_file)
    _complain(refusals)
    able = any(one.works is not False and one.sense != "replay" for one in found)
    raise typer.Exit(exits.USAGE if refusals else exits.DONE if able else exits.NOT_CHECKED)


@app.command()
def signatures(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that a rule must hold, its name, or MAC addresses.", show_default=False)] = None,
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch the registry of makers anew (3 MB, from wireshark.org; at most weekly, please).")] = False,
    from_file: Annotated[Path | None, typer.Option("--from", help="Take the registry from a `manuf` file instead.")] = None,
    json_file: Json = None,
) -> None:
    """List, search and show what cameras are known by; say who made a network interface; refresh that registry."""
    from detector.network.vendors import VendorTableError  # noqa: PLC0415
    from hardware import rule_book  # noqa: PLC0415

    try:
        text = rule_book.renewed(refresh=refresh, from_file=from_file)
    except (OSError, VendorTableError) as error:
        _complain([f"The registry was not refreshed: {error}."])
        raise typer.Exit(exits.USAGE) from None
    written = "{}\n"
    if words or not text:
        more, known = rule_book.answer(words or [])
        text, written = text + more, json.dumps(known, indent=1) + "\n"
    refusals = _told(text, written, json_file)
    _complain(refusals)
    raise typer.Exit(exits.USAGE if refusals else exits.DONE)


# The word of 0.1, which only looked makers up and refreshed their registry: the same command, unlisted.
app.command("vendors", hidden=True)(signatures)


def _told(text: str, written: str, json_file: str | None) -> list[str]:
    """Both forms to where they belong; the lines of what refused them."""
    from hardware import store  # noqa: PLC0415
    from hardware.console import show  # noqa: PLC0415
    from hardware.delivery import STANDARD_OUTPUT, text_stream, write_out  # noqa: PLC0415

    try:
        show(text, text_stream(json_file))
        if json_file == STANDARD_OUTPUT:
            write_out(written)
        elif json_file is not None:
            store.write_json(Path(json_file), written)
    except OSError as error:
        return [f"{json_file or 'The answer'} cannot be written: {error.strerror}."]
    return []


def _replayed(name: str, authority: str | None, *, pictures: bool) -> Built:
    from hardware import replay  # noqa: PLC0415
    from hardware.inputs import replayed  # noqa: PLC0415
    from hardware.sensor import InputUnreadable  # noqa: PLC0415

    try:
        recorded = replay.read(name)
    except InputUnreadable as error:
        raise typer.BadParameter(str(error)) from error
    return replayed(recorded, pictures=pictures), authority or recorded.authority


def _pins(named: str | None, *, infrared: bool) -> LampPins | None:
    """`17,27` or `17`: the ring round the lens, and the light aside where there is one."""
    from hardware.inputs import LampPins  # noqa: PLC0415

    if named is None:
        return None
    numbers = named.split(",")
    if len(numbers) > 2 or len(set(numbers)) < len(numbers) or not all(number.isdecimal() for number in numbers):
        raise typer.BadParameter("--lamp-pins takes one or two different pin numbers, such as 17,27.")
    return LampPins(int(numbers[0]), int(numbers[1]) if len(numbers) > 1 else None, infrared)


def _lens(named: list[str], lamp: Path | None, seconds: float, distances_m: Sequence[float], *, pictures: bool) -> Sense:
    from hardware.inputs import lens_from  # noqa: PLC0415

    try:
        return lens_from(named, lamp, seconds, distances_m, pictures=pictures)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


def _self_test(sense: Sense) -> None:
    """Search for a lens that is known to be there, and say whether it was seen."""
    from detector.optics import selftest  # noqa: PLC0415
    from hardware.console import Bars, remark  # noqa: PLC0415
    from hardware.runner import sweep as run  # noqa: PLC0415

    if sense.hint:
        remark(sense.hint)
    with Bars() as bars:
        report = run([sense], None, bars.tell)
    told = selftest.judge(report.results[0])
    for line in [*(gap.says for gap in report.results[0].coverage.gaps), *told.says]:
        typer.echo(line)
    raise typer.Exit(exits.DONE if told.passed else exits.NOT_CHECKED)


def _network(capture: Path | None, interface: str | None, authority: Literal["owner", "guest", "official"] | None, seconds: float, *, promiscuous: bool = False) -> Sense:
    from hardware.inputs import network_from, network_live  # noqa: PLC0415

    if capture is None:
        return network_live(interface, authority, seconds, promiscuous=promiscuous)
    if interface is not None or promiscuous:
        raise typer.BadParameter("--capture goes without --interface and --promiscuous.")
    return network_from(capture)


def _collect_seldom() -> None:
    """Look for garbage seldom: what is loaded and found lasts to the end, and looking through all of it
    again and again took a tenth of the time in which a capture of a million packets is searched.
    """
    gc.set_threshold(20_000)


def _run(build: Callable[[], Built], out: Path | None, json_file: str | None, *, exit_code: bool) -> None:
    """Sweep, deliver the report everywhere it was asked for, and end.

    build: the senses and the authority; called only when no earlier report lies in the way any more.
    """
    from hardware.console import Bars, remark  # noqa: PLC0415
    from hardware.delivery import Delivery  # noqa: PLC0415
    from hardware.runner import sweep as run  # noqa: PLC0415

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
    _complain(delivery.refusals)
    raise typer.Exit(exits.exit_of(report, unwritten=bool(delivery.refusals), exit_code=exit_code))


def _complain(refusals: list[str]) -> None:
    from hardware.console import remark  # noqa: PLC0415
    from hardware.delivery import abandon_output  # noqa: PLC0415

    for line in refusals:
        remark(line)
    if refusals:
        abandon_output()
