"""What a person does next, in plain words.

From the advice of police and lawyers: do not touch and call (Monroe County Sheriff, WSLS 2019,
Wansan-gu), photograph wide and close, police before the platform, look for more (safewise.com),
leave the state of the power and the memory card as they are (SWGDE 18-F-002).  No telephone number
is given: the right one depends on the country.
"""

from __future__ import annotations

IF_FOUND = (
    "Do not touch, move or unplug it, and do not poke into its lens: it is evidence.",
    "Photograph it from afar, then close by with its wiring, and note the place and the time.",
    "Leave the room and call the police. Show them this report. Do not open its memory card.",
    "Tell the host, the hotel or the platform only after the police.",
    "There may be more than one. Have the other rooms looked at too.",
)

SUSPICION = "A finding is a reason to look, not an accusation of anyone."

NOT_PROOF = "These steps see only what they cover. What they did not cover is listed here."
