"""Prints when each fact came: `python -m tests.peers.ask INTERFACE [AUTHORITY]`, or `... INTERFACE arp NETWORK`."""

import json
import sys
import time
from ipaddress import IPv4Network

from hardware import interfaces, radio
from hardware.lan import Lan

began = time.monotonic()
if sys.argv[2:3] == ["arp"]:
    facts = radio.arp_sweep(interfaces.joined(sys.argv[1]), IPv4Network(sys.argv[3]))
else:
    facts = Lan(sys.argv[1], sys.argv[2] if sys.argv[2:] else None).sightings()
for fact in facts:
    print(json.dumps([round(time.monotonic() - began, 3), fact.ip, fact.field, fact.value]), flush=True)
