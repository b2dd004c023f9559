"""What the system allows this process to do on the network."""

from __future__ import annotations

import socket

ALL_PROTOCOLS = 0x0003  # ETH_P_ALL of linux/if_ether.h

REMEDY = (
    "Run it as root, or give the Python of its environment the right: "
    "sudo setcap cap_net_raw+ep on the file that `readlink -f .venv/bin/python` names."
)


def may_listen() -> bool:
    """True when raw frames may be received here; asks the system by opening a socket and closing it."""
    family = getattr(socket, "AF_PACKET", None)
    if family is None:
        return False
    try:
        socket.socket(family, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS)).close()
    except OSError:  # EPERM without the right; EAFNOSUPPORT in a sandbox that has no packet sockets
        return False
    return True
