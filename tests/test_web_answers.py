"""Answers of makers' own web interfaces, in the words in which public clients and their tests quote them."""

from __future__ import annotations

import random

import pytest

from detector.network import services
from tests.network_scenes import searched

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\n\r\n"
ISAPI = b'<?xml version="1.0" encoding="UTF-8" ?>\n<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n<deviceName>x</deviceName>\n<model>DS-2CD2032-I</model>\n</DeviceInfo>'
REFUSED = b'<?xml version="1.0"?>\n<ResponseStatus version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><statusCode>4</statusCode></ResponseStatus>'
ALERT = b'<EventNotificationAlert version="1.0" xmlns="http://www.hikvision.com/ver10/XMLSchema"><eventType>VMD</eventType></EventNotificationAlert>'
FAULT = (
    b'<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value>'
    b'<s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">ter:NotAuthorized</s:Value></s:Subcode></s:Code></s:Fault></s:Body></s:Envelope>'
)
CHALLENGE = b'{"id":1,"params":{"encryption":"Default","mac":"3CEF8C6101C0","random":"3734299","realm":"Login to 4C045ADPAG60CD"},"result":false}'
SYSTEM = b"appAutoStart=true\r\ndeviceType=IPC-HDW5831R-ZE\r\nhardwareVersion=1.00\r\n"
REOLINK = b'[{"cmd" : "GetDevInfo","code" : 0,"value" : {\n "DevInfo" : {\n "B485" : 0,\n "buildDay" : "build 18081408",\n "model" : "RLC-411WS"}}}]'
ANSWERS = [
    (ISAPI, [("http_api", "Hikvision ISAPI"), ("camera_model", "DS-2CD2032-I")], "Hikvision DS-2CD2032-I"),
    (REFUSED, [("http_api", "Hikvision ISAPI")], "Hikvision"),
    (ALERT, [("http_api", "Hikvision ISAPI")], "Hikvision"),
    (FAULT, [("onvif", "Fault")], None),
    (CHALLENGE, [("http_realm", "Login to 4C045ADPAG60CD")], "Dahua"),
    (SYSTEM, [("said_model", "IPC-HDW5831R-ZE")], "Dahua IPC-HDW5831R-ZE"),
    (REOLINK, [("http_api", "Reolink"), ("camera_model", "RLC-411WS")], "Reolink RLC-411WS"),
]


@pytest.mark.parametrize(("body", "facts", "called"), ANSWERS)
def test_an_answer_gives_away_who_serves_it(body, facts, called):
    assert services.from_tcp(HEAD + body, 80, 40000) == facts
    (found,) = searched(*facts).findings
    assert found.alarm
    assert found.camera == called


@pytest.mark.parametrize("body", [ISAPI, REFUSED, FAULT])
def test_a_body_that_comes_after_its_head_serves_as_well(body):
    assert services.from_tcp(body, 80, 40000) == services.from_tcp(HEAD + body, 80, 40000)


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><SubscribeEvent version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><heartbeat>5</heartbeat></SubscribeEvent>',
        b'<?xml version="1.0"?><DeviceInfo xmlns="http://example.com/schema"><model>X1</model></DeviceInfo>',
        b'<s:Envelope xmlns:ter="http://www.onvif.org/ver10/error"><s:Body><tds:GetScopes/></s:Body></s:Envelope>',
        b"<s:Envelope><s:Body><s:Fault><s:Value>a:ActionNotSupported</s:Value></s:Fault></s:Body></s:Envelope>",
        b'{"realm":"Login to"}', b'{"realm":"Members"}', b"the deviceType=IPC-HDW5831R-ZE of a shop", b'{"DevInfo" : {"B485" : 0}}', b'{"model":"RLC-411WS"}', b"",
    ],
)  # fmt: skip
def test_what_a_client_asks_or_others_answer_says_nothing(body):
    assert services.from_tcp(HEAD + body, 80, 40000) == []


@pytest.mark.parametrize(("body", "facts", "called"), ANSWERS)
def test_bytes_changed_or_cut_raise_nothing_and_add_nothing(body, facts, called):
    rng = random.Random(7)
    fields = {field for field, _ in facts}
    for _ in range(200):
        place = rng.randrange(len(body))
        for changed in (body[:place], body[:place] + bytes([rng.randrange(256)]) + body[place + 1 :]):
            assert {field for field, _ in services.from_tcp(HEAD + changed, 80, 40000)} <= fields, called
