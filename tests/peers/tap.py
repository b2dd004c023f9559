"""Writes every frame that leaves an interface into a pcap file: `python tap.py INTERFACE FILE`."""

import socket
import struct
import sys
import time
from pathlib import Path

PACKET_OUTGOING = 4  # linux/if_packet.h
ETH_P_ALL = 3

sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
sock.bind((sys.argv[1], 0))
with Path(sys.argv[2]).open("wb", buffering=0) as file:
    file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    while True:
        frame, address = sock.recvfrom(65535)
        if address[2] == PACKET_OUTGOING:
            at = time.time()
            file.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)
