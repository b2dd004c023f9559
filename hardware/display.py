"""From stored samples to the picture as shown to a person: which way up, and in which colours.

What a file says of both comes as the numbers of its format; no library is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from detector.levels import Transfer, chroma_table, luma_table
from detector.model import Pixels
from detector.planes import Matrix


@dataclass(frozen=True, slots=True)
class Turn:
    """How stored pixels become the picture as shown: transposed, then flipped."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @classmethod
    def of(cls, a: float, b: float, c: float, d: float) -> Turn:
        """From the display matrix [a b u; c d v; x y w], shown = (a x + c y, b x + d y)
        (ISO/IEC 14496-12, 8.3.2); phones write quarter turns and mirror images.
        """
        if abs(a) >= abs(b):
            return cls(transpose=False, flip_x=a < 0, flip_y=d < 0)
        return cls(transpose=True, flip_x=c < 0, flip_y=b < 0)

    def applied(self, pixels: Pixels) -> Pixels:
        """The picture or plane as shown."""
        turned = cv2.transpose(pixels) if self.transpose else pixels
        if self.flip_x or self.flip_y:
            # In place where the memory is ours: fresh memory costs several times what the flip does.
            into = turned if self.transpose else None
            turned = cv2.flip(turned, -1 if self.flip_x and self.flip_y else int(self.flip_x), into)
        return np.asarray(turned, np.uint8)


_BT601 = (0.299, 0.114)
_MATRICES = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
"""Shares of red and blue by the numbers of colour spaces (ITU-T H.273, table 4, as FFmpeg has them); all
others are BT.601's, which is what FFmpeg itself takes where a file is silent."""
_TRANSFERS: Mapping[int, Transfer] = {16: "pq", 18: "hlg"}
"""By the numbers of H.273, table 3; all others are drawn for a standard display."""


def matrix_of(colour_space: int, *, full: bool) -> Matrix:
    """How colours are made of luma and colour samples.  full: levels run from 0 to 255."""
    red, blue = _MATRICES.get(colour_space, _BT601)
    return Matrix(red, blue, full)


def transfer_of(number: int) -> Transfer:
    """What display the levels are made for."""
    return _TRANSFERS.get(number, "standard")


def eight_bits(planes: Iterable[NDArray[Any]], transfer: Transfer, *, full: bool) -> list[Pixels]:
    """Luma and both planes of colour, ten bits a sample, as the eight bits of a standard display."""
    tables = (luma_table(transfer, full), *[chroma_table(transfer, full)] * 2)
    return [np.take(table, plane, mode="clip") for table, plane in zip(tables, planes, strict=True)]
