"""Recorded packets, read in one pass with constant memory: pcap and pcapng, plain, gzip or zstd.

Nothing is decoded here beyond the record heads of the file: what is handed out is frames as bytes, when
each was heard and on which kind of link.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from detector.model import Packet
from detector.network.batch import Batch
from hardware import records
from hardware.records import FILE_HEAD, MAGICS
from hardware.sensor import InputUnreadable, SensorUnavailable, Unavailable, named_file
from hardware.unpacking import DamagedError, unpacked
from hardware.window import NoRecordError, Window


class CaptureFile:
    """A capture as a `PacketSource`.

    Raises `InputUnreadable` at once where the file is missing, empty, no capture, or packed in a way
    that is not unpacked here.  Iterating raises `SensorUnavailable(CUT_SHORT)` after the last whole
    packet of a file that ends, or turns to nonsense, in the middle.  `done_bytes` of `size_bytes` tells
    how far reading has come.
    """

    replay = True

    def __init__(self, path: Path | str) -> None:
        self._path = named_file(Path(path))
        self.name = self._path.name
        self.done_bytes = 0
        try:
            self.size_bytes = self._path.stat().st_size
            head = self._head()
        except DamagedError as error:
            raise InputUnreadable(f"{self.name} is a damaged {error} file.") from error
        except OSError as error:
            raise InputUnreadable(f"{self.name} cannot be read: {error.strerror or error}.") from error
        if not head:
            raise InputUnreadable(f"{self.name} is empty.")
        if len(head) < FILE_HEAD or head[:4] not in MAGICS:
            raise InputUnreadable(f"{self.name} is neither pcap nor pcapng: no capture that can be read.")

    def batches(self) -> Iterator[Batch]:
        """Packets in the order of the file, many at a time; each batch lasts until the next is asked for."""
        whole = 0
        try:
            with unpacked(self._path) as file:
                for batch in records.batches(Window(file.read_into)):
                    whole += len(batch)
                    self.done_bytes = file.tell()
                    yield batch
                self.done_bytes = file.tell()
        except (NoRecordError, DamagedError) as error:
            says = f"{self.name} ends in the middle of a packet or is damaged there; the {whole} packets before it were read."
            raise SensorUnavailable(Unavailable.CUT_SHORT, says) from error
        except OSError as error:
            raise SensorUnavailable(Unavailable.LOST, f"{self.name} could not be read on: {error.strerror}.") from error

    def packets(self) -> Iterator[Packet]:
        """Packets one by one, each with bytes of its own."""
        for batch in self.batches():
            yield from batch.packets()

    def _head(self) -> bytes:
        head = b""
        with unpacked(self._path) as file:
            space = memoryview(bytearray(FILE_HEAD))
            while len(head) < FILE_HEAD and (came := file.read_into(space[: FILE_HEAD - len(head)])):
                head += bytes(space[:came])
        return head
