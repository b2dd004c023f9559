"""Words -> runner -> exit code.  The only file that knows typer.

Nothing heavy is imported before a command runs, so that `--help` answers at once.
"""

from __future__ import annotations

import math
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from hardware import exits, faults, streams

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware.feeds import Sense
    from hardware.inputs import LampPins
    from hardware.requested import Requested

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
    except Exception as error:  # noqa: BLE001 -- the one catch at the very top: a crash must never look like a verdict
        code = faults.told(error)
    sys.exit(code)


def _end(act: Callable[[], int]) -> NoReturn:
    """Do what a command is for, and end in its exit code; words that mean nothing are wrong usage."""
    try:
        code = act()
    except faults.Misuse as error:
        raise typer.BadParameter(str(error)) from error
    raise typer.Exit(code)


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
    from hardware import commands, requested  # noqa: PLC0415

    pictures = out is not None
    if replay is not None:
        if any(named is not None for named in (video, lamp, capture, interface, lamp_pins)):
            raise typer.BadParameter("--replay takes its inputs from the folder and goes without other inputs.")
        _end(lambda: commands.sweep(lambda: requested.recorded(replay, authority, pictures=pictures), out, json_file, exit_code=exit_code))
    if video is not None and lamp_pins is not None:
        raise typer.BadParameter("--lamp-pins goes with a live camera, not with --video.")

    def run() -> int:
        pins = requested.pins(lamp_pins, infrared=infrared)
        return commands.sweep(lambda: both(pins), out, json_file, exit_code=exit_code)

    def both(pins: LampPins | None) -> Requested:
        eye = requested.lens(None if video is None else [video], lamp, seconds, distance or (), pins, pictures=pictures)
        return [eye, requested.network(capture, interface, authority, seconds)], authority

    _end(run)


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
    from hardware import commands, requested  # noqa: PLC0415

    def eye() -> Sense:
        return requested.lens(inputs, lamp, seconds, distance or (), pictures=out is not None)

    if self_test:
        if out is not None or json_file is not None or exit_code:
            raise typer.BadParameter("--self-test answers in words; it goes without --out, --json and --exit-code.")
        _end(lambda: commands.self_test(eye()))
    _end(lambda: commands.sweep(lambda: ([eye()], None), out, json_file, exit_code=exit_code))


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
    from hardware import commands, requested  # noqa: PLC0415

    def ear() -> Sense:
        return requested.network(capture, interface, authority, seconds, promiscuous=promiscuous)

    _end(lambda: commands.sweep(lambda: ([ear()], authority), out, json_file, exit_code=exit_code))


@app.command()
def doctor(*, json_file: Json = None) -> None:
    """Say what this machine can do and what would help."""
    from hardware import commands  # noqa: PLC0415

    _end(lambda: commands.doctor(json_file))


@app.command()
def signatures(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that a rule must hold, its name, or MAC addresses.", show_default=False)] = None,
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Fetch the registry of makers anew (3 MB, from wireshark.org; at most weekly, please).")] = False,
    from_file: Annotated[Path | None, typer.Option("--from", help="Take the registry from a `manuf` file instead.")] = None,
    json_file: Json = None,
) -> None:
    """List, search and show what cameras are known by; say who made a network interface; refresh that registry."""
    from hardware import commands  # noqa: PLC0415

    _end(lambda: commands.signatures(words or [], json_file, refresh=refresh, from_file=from_file))


# The word of 0.1, which only looked makers up and refreshed their registry: the same command, unlisted.
app.command("vendors", hidden=True)(signatures)
