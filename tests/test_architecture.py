"""The house holds: thinking imports no hardware and opens nothing; every door has one file."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DETECTOR = sorted((ROOT / "detector").rglob("*.py"))
HARDWARE = sorted((ROOT / "hardware").rglob("*.py"))

OPENS_THE_WORLD = {
    "asyncio", "ctypes", "fcntl", "http", "multiprocessing", "os", "requests", "select", "selectors",
    "serial", "shutil", "signal", "socket", "socketserver", "subprocess", "sys", "threading", "time",
    "urllib", "scapy", "zeroconf", "gpiozero", "jeepney", "picamera2", "av", "typer", "rich", "hardware", "tests",
}
ONE_DOOR = {"scapy": "radio.py", "gpiozero": "lamp.py", "picamera2": "picamera.py", "zeroconf": "mdns.py", "typer": "cli.py", "av": "codec.py", "rich": "console.py", "jeepney": "network_manager.py", "zstandard": "unpacking.py"}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def calls(path: Path) -> set[str]:
    return {ast.unparse(n.func) for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)}


@pytest.mark.parametrize("path", DETECTOR, ids=lambda p: str(p.relative_to(ROOT)))
def test_thinking_has_no_door_to_the_outside(path):
    assert not imports(path) & OPENS_THE_WORLD
    assert not {"open", "input", "print", "datetime.now", "cv2.VideoCapture", "cv2.imshow", "cv2.imread", "cv2.imwrite"} & calls(path)


@pytest.mark.parametrize("path", HARDWARE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_library_of_the_outside_is_known_to_one_file(path):
    for library, door in ONE_DOOR.items():
        assert library not in imports(path) or path.name == door


def test_scapy_is_imported_only_inside_functions():
    tree = ast.parse((ROOT / "hardware/radio.py").read_text(encoding="utf-8"))
    top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    assert not any("scapy" in ast.unparse(n) for n in top)


@pytest.mark.parametrize("path", DETECTOR + HARDWARE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_window_is_ever_opened(path):
    assert not any(name in path.read_text(encoding="utf-8") for name in ("cv2.imshow", "cv2.namedWindow", "cv2.waitKey"))
