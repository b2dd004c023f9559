"""How much and how fast the network is asked, with the reason behind each number."""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.dialogue import DialogueLimits
from hardware.radio import ArpLimits


@dataclass(frozen=True, slots=True)
class AskLimits:
    """Limits of one round of asking."""

    listen_s: float = 3.0  # multicast answers come within 1 s of a question (MX 1); the last is put at 1 s
    again_s: float = 1.0  # multicast over Wi-Fi gets lost now and then: each question is put twice
    last_s: float = 1.0  # after the last host was met: its answer to a question put to it alone
    deadline_s: float = 60.0  # a /22 full of hosts that drop packets would take minutes; a person waits
    per_s: float = 400.0  # connections started a second: 70 bytes each, no more than ARP; most doors are shut
    datagrams_per_s: float = 400.0  # UDP questions, apart, so that they never wait behind knocking: below 1 Mbit/s
    nodes_s: float = 1.5  # an echo to all nodes is answered within some 500 ms, asleep on Wi-Fi up to a second
    per_host: int = 4  # conversations at once with one host: cheap cameras crash over more; knocking is not talking
    most_open: int = 500  # connections at once in all: a program may usually have 1024 files open
    widest: int = 22  # prefix length, 1022 addresses: wider subnets are a company's, and take too long
    most_names: int = 256  # mDNS names followed up in one round; a hostile responder has any number
    most_facts: int = 400  # of one host: a chatty camera gives some 60, a hostile host would fill the memory
    most_pages: int = 6  # pages asked of one host because it named them: root devices of one box, no crawl
    arp: ArpLimits = field(default_factory=ArpLimits)
    dialogue: DialogueLimits = field(default_factory=DialogueLimits)
