"""What else lives on a network, by what public sources say it sends: none of it may alarm.

Programs that watch cameras, calls, hosts that record or pass on streams, receivers of television, what
only listens, and the plugs and chimes of camera makers.  Typed here, not captured.
"""

from __future__ import annotations

import random

import pytest

from detector.model import Packet
from detector.network import services
from detector.network.identity import is_made_up
from detector.network.search import NetworkSearch
from detector.network.signatures import packaged
from detector.synthetic.talk import pppp, rtp_packet, udp_frame
from tests.test_brands import dns, found
from tests.test_questions import ALL, filled

TELEPHONE = "da:a1:19:3c:7e:52"  # made up, as telephones do for each network
COMPUTER, BOARD, SAMSUNG, UBIQUITI = "74:2f:68:00:00:01", "dc:a6:32:00:00:01", "68:27:37:00:00:01", "74:83:c2:00:00:01"
UNKNOWN = "22:00:00:00:00:01"


def rank(finding):
    return "nothing" if finding is None else "alarm" if finding.alarm else "look"


VIDEO = ("stream", "steady video out")
RTSP = ("rtsp_reply", "200")
LINKLEMO = ("p2p", "PPRPC asks for its servers")
MEETS = ("p2p", "meets at several servers")

APPS = [
    ("V380", dns("is581.nvcam.net"), TELEPHONE),
    ("Yoosee", dns("api1.cloudlinks.cn"), TELEPHONE),
    ("XMEye", dns("pub-cfg.secu100.net", "rs.xmeye.net"), TELEPHONE),
    ("CloudEdge", dns("apis-eu-frankfurt.meari.com.cn"), TELEPHONE),
    ("CamHi", [MEETS, *dns("p2p.hipcam.com")], TELEPHONE),
    ("Danale", dns("api.danale.com"), TELEPHONE),
    ("Reolink", dns("p2p.reolink.com", "pushx.reolink.com"), TELEPHONE),
    ("SmartLife, a doorbell's picture", dns("a1.tuyaeu.com", "ty-eu-storage30-pic.s3.eu-central-1.amazonaws.com"), TELEPHONE),
    ("DMSS", [("p2p", "Dahua P2P"), *dns("www.easy4ipcloud.com")], TELEPHONE),
    ("a PPPP app", [MEETS, *dns("p2p3.nwsvr2.com")], TELEPHONE),
    ("Kalay's meeting servers", [MEETS, *dns("m2.iotcplatform.com")], TELEPHONE),
    ("Linklemo", [LINKLEMO], TELEPHONE),
    ("Linklemo on a Samsung", [LINKLEMO], SAMSUNG),
    ("Wyze on a telephone with its maker's MAC", dns("api.wyzecam.com"), SAMSUNG),
]
CALLS = [
    ("Teams", [VIDEO, *dns("worldaz.tr.teams.microsoft.com", "stun.l.google.com")], TELEPHONE),
    ("FaceTime", [VIDEO, *dns("stun.facetime.apple.com", "identity.apple.com")], TELEPHONE),
    ("WhatsApp", [VIDEO, *dns("e1.whatsapp.net")], TELEPHONE),
    ("Zoom", [VIDEO, *dns("us05web.zoom.us")], COMPUTER),
    ("a call within a page, through Amazon", [VIDEO, *dns("v-1234.kinesisvideo.eu-west-1.amazonaws.com", "stun.kinesisvideo.eu-west-1.amazonaws.com")], COMPUTER),
    ("a call without a name, by a Wi-Fi stick with a cheap module", [VIDEO, *dns("stun.example.com")], "7c:c7:09:00:00:01"),
    ("a call in the clear", [VIDEO, ("rtp_video", "H.264"), *dns("turn.example.com")], TELEPHONE),
    ("a show sent from a computer", [VIDEO, ("rtsp_push", "ANNOUNCE"), ("rtsp_agent", "Lavf59.27.100")], COMPUTER),
]
HOSTS = [
    ("Home Assistant", [("mdns_type", "_home-assistant._tcp"), ("http_title", "Home Assistant"), ("http_type", "multipart/x-mixed-replace; boundary=frameboundary")], BOARD),
    ("Home Assistant that plays a HomeKit camera", [("mdns_type", "_home-assistant._tcp"), ("mdns_txt", "_hap._tcp ci=17"), RTSP], BOARD),
    ("Home Assistant with go2rtc", [("mdns_type", "_home-assistant._tcp"), ("http_title", "go2rtc"), RTSP, ("open_port", "8554")], BOARD),
    ("go2rtc", [("http_title", "go2rtc"), RTSP, ("sdp_media", "video"), ("open_port", "8554")], UNKNOWN),
    ("Frigate", [("http_title", "Frigate"), RTSP, ("http_type", "multipart/x-mixed-replace;boundary=frame")], UNKNOWN),
    ("Scrypted", [("http_title", "Scrypted Management Console"), ("mdns_txt", "_hap._tcp ci=17"), ("mdns_txt", "_hap._tcp ci=2")], UNKNOWN),
    ("Synology's Surveillance Station", [("http_title", "Surveillance Station"), RTSP, ("open_port", "554")], UNKNOWN),
    ("QNAP with QVR", [("http_title", "QVR Pro"), RTSP], UNKNOWN),
    ("UniFi Dream Machine", [("discovery", "Ubiquiti"), ("said_model", "UDM-Pro"), ("http_title", "UniFi OS"), ("open_port", "7441"), RTSP], UBIQUITI),
    ("UniFi recorder", [("discovery", "Ubiquiti"), ("said_model", "UNVR"), ("rtsp_server", "UBNT Streaming Server v1.2"), RTSP, ("open_port", "7447")], UBIQUITI),
    ("VLC", [RTSP, ("rtsp_server", "VLC/3.0.18"), ("sdp_media", "video")], COMPUTER),
]
SCREENS = [
    ("satellite receiver (SAT>IP)", [("ssdp_type", "urn:ses-com:device:SatIPServer:1"), RTSP, ("sdp_media", "video"), ("open_port", "554")], UNKNOWN),
    ("set-top box with a web interface", [RTSP, ("http_title", "Open Webif"), ("sdp_media", "video"), ("dhcp_name", "vuultimo4k")], UNKNOWN),
    ("television with Miracast", [RTSP, ("rtsp_public", "org.wfa.wfd1.0, GET_PARAMETER, SET_PARAMETER")], UNKNOWN),
    ("television with AirPlay", [("mdns_type", "_airplay._tcp"), RTSP, ("rtsp_server", "AirTunes/377.40.00")], UNKNOWN),
    ("Chromecast", [("mdns_type", "_googlecast._tcp"), VIDEO], UNKNOWN),
    ("Nest Hub that shows a camera", [("mdns_type", "_googlecast._tcp"), *dns("nest-camera-media.googleapis.com")], "48:d6:d5:00:00:01"),
    ("Echo Show that shows a doorbell", dns("prod.amcs-tachyon.com", "stun.kinesisvideo.us-east-1.amazonaws.com", "api.prod.signalling.ring.devices.a2z.com"), "4c:17:44:00:00:01"),
    ("photographer's camera of Canon", [("ssdp_type", "urn:schemas-canon-com:service:ICPO-CameraControlAPIService:1")], UNKNOWN),
    ("photographer's camera of Sony", [("ssdp_type", "urn:schemas-sony-com:service:ScalarWebAPI:1")], UNKNOWN),
    ("radio of Icom", [("dhcp_name", "IC-9700")], UNKNOWN),
    ("video telephone of Grandstream", [("telnet_banner", "Grandstream GXV3275 Command Shell"), ("rtp_video", "H.264")], "00:0b:82:00:00:01"),
]
THINGS = [
    ("baby monitor of which nothing is known", [("dhcp_name", "baby-monitor")], UNKNOWN),
    ("baby monitor that listens", [("dhcp_name", "babymonitor-audio")], UNKNOWN),
    ("sound machine (Hatch)", [("dhcp_name", "Hatch-Rest-1A2B"), *dns("data.hatchbaby.com")], "3c:71:bf:00:00:01"),
    ("sock (Owlet)", [("dhcp_name", "Owlet-Base"), *dns("ads-field-1a9eafdd.aylanetworks.com")], "3c:71:bf:00:00:01"),
    ("vacuum cleaner with a lens", dns("de.iot.dreame.tech", "link-vision-picture-sh.oss-cn-shanghai.aliyuncs.com"), UNKNOWN),
    ("Ring Chime with a MAC of Ring", [("dhcp_name", "RingChimePro-7c"), *dns("es.ring.com", "fw.ring.com")], "54:e0:19:00:00:01"),
    ("Ring alarm base", [("dhcp_name", "RingHpHub-7c"), *dns("es.ring.com")], "54:e0:19:00:00:01"),
    ("eufy chime", [("dhcp_name", "eufy-chime"), *dns("security-smart-eu.eufylife.com")], UNKNOWN),
    ("EZVIZ plug", [("dhcp_name", "EZVIZ-T31"), *dns("eudevice.ezvizlife.com")], UNKNOWN),
    ("Wyze plug without a name", dns("api.wyzecam.com"), "2c:aa:8e:00:00:01"),
    ("Wyze lamp with another maker's radio", dns("api.wyzecam.com"), "a4:cf:12:00:00:01"),
    ("Tapo plug", [("tp_link_type", "SMART.TAPOPLUG"), ("dhcp_name", "P110"), *dns("n-euw1-device-cloudgateway.iot.i.tplinknbu.com")], "9c:53:22:00:00:01"),
]
# By their makers: the first prefix of each in the registry.
OPPO, XIAOMI, HONOR, APPLE, PIXEL, HUAWEI = "00:ca:e0:00:00:01", "00:9e:c8:00:00:01", "00:a3:07:00:00:01", "00:03:93:00:00:01", "00:1a:11:00:00:01", "00:18:82:00:00:01"
ESPRESSIF, EZVIZ, DAHUA, ARLO, MURATA = "00:4b:12:00:00:01", "0c:a6:4c:00:00:01", "08:ed:ed:00:00:01", "a4:11:62:00:00:01", "00:0e:6d:00:00:01"
MJPG = ("http_type", "multipart/x-mixed-replace;boundary=boundarydonotcross")
PRINTERS = [
    ("OctoPrint with a webcam", [("mdns_type", "_octoprint._tcp"), ("http_title", "OctoPrint Login"), ("http_server", "MJPG-Streamer/0.2"), MJPG], BOARD),
    ("OctoPrint with a webcam, not announced", [("dhcp_name", "octopi"), ("http_title", "OctoPrint Login"), ("http_title", "MJPG-Streamer Demo Pages"), MJPG], BOARD),
    ("Klipper with a webcam", [("http_title", "Mainsail"), ("http_title", "uStreamer"), MJPG], BOARD),
]
IDLE = [
    ("Linklemo beside Google's messages", [LINKLEMO, ("push", "Google")], MURATA),
    ("Reolink beside Apple's messages", [*dns("p2p.reolink.com"), ("push", "Apple")], MURATA),
    ("Yoosee on a tablet that looks for a television", [*dns("api1.cloudlinks.cn"), ("mdns_asks", "_googlecast._tcp")], UNKNOWN),
    ("XMEye on a computer that looks for a printer", [*dns("pub-cfg.secu100.net"), ("mdns_asks", "_ipps._tcp")], "7c:c7:09:00:00:01"),
    ("V380 while it shows a camera through the internet", [*dns("is581.nvcam.net"), ("watches", "steady video in")], UNKNOWN),
    ("V380 on a tablet that searches for a television", [*dns("is581.nvcam.net"), ("ssdp_asks", "urn:dial-multiscreen-org:service:dial:1")], UNKNOWN),
]
BESIDE_SERVERS = [
    ("Linklemo, idle, on a Xiaomi", [LINKLEMO], XIAOMI),
    ("Linklemo, idle, on an Honor", [LINKLEMO], HONOR),
    ("V380 on an iPhone", dns("is581.nvcam.net"), APPLE),
    ("Kalay's meeting servers on an iPhone", [MEETS, *dns("m2.iotcplatform.com")], APPLE),
    ("Yoosee on an Oppo", dns("api1.cloudlinks.cn"), OPPO),
    ("Reolink on a Xiaomi", dns("p2p.reolink.com"), XIAOMI),
    ("A9 / V720 on a Xiaomi", dns("v720.naxclow.com"), XIAOMI),
    ("a PPPP app on a Pixel", [MEETS, *dns("p2p3.nwsvr2.com")], PIXEL),
    ("a PPPP app on a Samsung", [MEETS, *dns("p2p3.nwsvr2.com")], SAMSUNG),
    ("XMEye on a Huawei", dns("pub-cfg.secu100.net"), HUAWEI),
    ("Reolink's program on a laptop", dns("p2p.reolink.com"), "00:02:b3:00:00:01"),
    ("XMEye's program on a laptop", dns("pub-cfg.secu100.net"), "00:02:b3:00:00:01"),
    ("nameless EZVIZ plug with a chip that has no encoder", dns("eudevice.ezvizlife.com"), ESPRESSIF),
    ("nameless Imou plug with a chip that has no encoder", dns("iotaccess.easy4ipcloud.com"), ESPRESSIF),
]
CHIMES = [
    ("Arlo chime", [("dhcp_name", "AC2001-0A1B2"), *dns("updates.arlo.com", "arlo-device.messaging.arlo.com")], ARLO),
]
ALL_OF_THEM = [*APPS, *IDLE, *BESIDE_SERVERS, *CALLS, *HOSTS, *SCREENS, *THINGS, *PRINTERS, *CHIMES]

FALSE = [
    ("Linklemo, idle, on a telephone with another firm's radio", [LINKLEMO], MURATA),
    ("Reolink on a telephone with another firm's radio", dns("p2p.reolink.com"), MURATA),
    ("nameless EZVIZ plug", dns("eudevice.ezvizlife.com"), EZVIZ),
    ("nameless Imou plug", dns("iotaccess.easy4ipcloud.com"), DAHUA),
    ("nameless Arlo chime", dns("updates.arlo.com", "arlo-device.messaging.arlo.com"), ARLO),
]


@pytest.mark.parametrize(("facts", "mac"), [(facts, mac) for _, facts, mac in ALL_OF_THEM], ids=[name for name, _, _ in ALL_OF_THEM])
def test_what_is_no_camera_does_not_alarm(facts, mac):
    assert rank(found(facts, mac)) != "alarm"


@pytest.mark.parametrize(("facts", "mac"), [(facts, mac) for _, facts, mac in FALSE], ids=[name for name, _, _ in FALSE])
def test_what_still_alarms_and_is_no_camera(facts, mac):
    """Known to be wrong: nothing that is heard here tells them from a camera yet."""
    assert rank(found(facts, mac)) == "alarm"


@pytest.mark.parametrize(("facts", "mac"), [(facts, mac) for _, facts, mac in PRINTERS], ids=[name for name, _, _ in PRINTERS])
def test_a_printers_webcam_is_a_look(facts, mac):
    """There is a lens, and it says what it is for."""
    assert rank(found(facts, mac)) == "look"


@pytest.mark.parametrize("facts", [facts for name, facts, _ in CALLS if "Amazon" not in name], ids=[name for name, _, _ in CALLS if "Amazon" not in name])
def test_a_cheap_radio_makes_no_camera_of_a_call(facts):
    """Of calls through Amazon's service for devices it does: who has both is a camera far more often."""
    assert rank(found(facts, "7c:c7:09:00:00:01")) != "alarm"


# --- the same evidence, without what speaks against a camera, still alarms ----------------------------------


@pytest.mark.parametrize(
    ("facts", "mac"),
    [
        (dns("is581.nvcam.net"), UNKNOWN),
        (dns("p2p.reolink.com"), "ec:71:db:00:00:01"),
        ([LINKLEMO], UNKNOWN),
        ([LINKLEMO], "7c:c7:09:00:00:01"),
        ([MEETS], "7c:c7:09:00:00:01"),
        ([("p2p", "PPPP logs in"), ("p2p_prefix", "BATD")], TELEPHONE),
        ([("dhcp_name", "RingStickUpCam-4a"), *dns("es.ring.com")], "54:e0:19:00:00:01"),
        ([("dhcp_name", "EZVIZ_C6N"), *dns("eudevice.ezvizlife.com")], UNKNOWN),
        ([*dns("wyze-mars-asrv.wyzecam.com")], "2c:aa:8e:00:00:01"),
        ([*dns("api.wyzecam.com"), ("p2p", "Kalay from the device")], "2c:aa:8e:00:00:01"),
        ([("discovery", "Ubiquiti"), ("said_model", "UVC-G3"), RTSP], UBIQUITI),
        ([("dhcp_name", "IC-3115W")], "74:da:38:00:00:01"),
        ([("http_title", "motionEye"), ("http_type", "multipart/x-mixed-replace; boundary=x")], BOARD),
        ([("mdns_txt", "_hap._tcp ci=17")], UNKNOWN),
        ([("p2p", "PPPP logs in"), VIDEO, ("push", "Google")], UNKNOWN),
        ([*dns("p2p.reolink.com"), ("ssdp_asks", "urn:schemas-upnp-org:device:InternetGatewayDevice:1")], UNKNOWN),
        ([*dns("p2p.reolink.com"), ("mdns_asks", "_axis-video._tcp")], UNKNOWN),
        ([("dhcp_name", "octopi-webcam"), ("http_title", "MJPG-Streamer Demo Pages"), MJPG], BOARD),
        ([("dhcp_name", "VMC4040-0A1B2"), *dns("updates.arlo.com")], ARLO),
        ([("dhcp_name", "AVD2001-0A1B2"), *dns("updates.arlo.com")], ARLO),
        ([("ssdp_type", "urn:schemas-upnp-org:device:DigitalSecurityCamera:1")], UNKNOWN),
        ([("dhcp_name", "baby-monitor"), *dns("api.cuboai.com")], UNKNOWN),
    ],
)
def test_a_camera_with_the_same_evidence_still_alarms(facts, mac):
    assert rank(found(facts, mac)) == "alarm"


# --- a MAC beside servers alone ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "mac"),
    [
        (dns("nexus.dropcam.com"), PIXEL),
        (dns("nest-camera-media.googleapis.com"), PIXEL),
        (dns("xmpp.samsungsmartcam.com"), "00:16:6c:00:00:01"),
        (dns("business.smartcamera.api.io.mi.com"), XIAOMI),
        (dns("api.eu.xiaoyi.com"), XIAOMI),
        (dns("wyze-mars-asrv.wyzecam.com"), XIAOMI),
        (dns("m2.iotcplatform.com"), XIAOMI),
        (dns("p2p3.nwsvr2.com"), HUAWEI),
    ],
)
def test_a_camera_of_a_maker_of_telephones_alarms_by_its_own_servers(facts, mac):
    assert rank(found(facts, mac)) == "alarm"


def test_who_only_reaches_servers_is_asked_for_among_people_first():
    finding = found(dns("is581.nvcam.net"), APPLE)
    assert rank(finding) == "look"
    assert "telephone" in finding.next
    assert "lens" in finding.next
    assert "telephone" not in found([("p2p", "PPPP logs in"), ("push", "Apple")], UNKNOWN).next


@pytest.mark.parametrize("mac", [APPLE, OPPO, PIXEL, HUAWEI, HONOR, ESPRESSIF])
@pytest.mark.parametrize("more", [("p2p", "PPPP logs in"), ("rtsp_reply", "401"), ("mdns_type", "_ipcamera._tcp"), ("dhcp_name", "ipcam")])
def test_where_more_than_servers_speaks_for_a_camera_its_mac_says_little(mac, more):
    """An old telephone may be made a camera of, and a camera's radio may be of any maker."""
    finding = found([*dns("p2p.reolink.com"), more], mac)
    assert rank(finding) == "alarm"
    assert not any(reason.weight < -1 for reason in finding.reasons)


def test_the_makes_that_a_mac_does_not_speak_against_are_those_of_clouds():
    clouds = {make for rule in packaged() if rule.kind == "cloud" for make in (rule.make, *rule.makes.values())}
    unless = {make for rule in packaged() for make in rule.unless}
    assert {"", "Xiaomi", "Nest"} <= unless <= clouds


# --- a MAC that was made up ------------------------------------------------------------------------------


@pytest.mark.parametrize("mac", [TELEPHONE, "6e:fe:2f:5a:d7:7e", "ae:ca:06:0e:ec:89"])
def test_a_telephone_makes_up_its_mac(mac):
    assert is_made_up(mac)


@pytest.mark.parametrize("mac", ["22:00:00:22:82:ac", "02:42:ac:11:00:02", "74:2f:68:3c:7e:52", "db:a1:19:3c:7e:52"])
def test_a_mac_of_a_firmware_a_container_a_maker_or_a_group_is_not_made_up(mac):
    assert not is_made_up(mac)


def test_a_network_of_its_own_outweighs_a_made_up_mac():
    """Access points change a MAC of their own for each network that they open."""
    finding = found([("ssid", "KJK_12AB")], TELEPHONE)
    assert rank(finding) == "alarm"
    assert not any("made up" in reason.says for reason in finding.reasons)


def test_a_mac_with_the_local_bit_of_a_known_maker_is_not_taken_for_made_up():
    finding = found(dns("p2p.reolink.com"), "b2:c5:54:42:79:f2")
    assert rank(finding) == "alarm"


# --- what they send --------------------------------------------------------------------------------------

HOST, SERVER = (TELEPHONE, "10.0.0.9"), ("02:00:00:00:00:fe", "203.0.113.7")


def heard(*datagrams):
    """What is found where these go out from a telephone: (time, source port, destination port, payload)."""
    search = NetworkSearch()
    for at_s, sport, dport, payload in datagrams:
        frame = udp_frame((*HOST, sport), (*SERVER, dport), payload)
        search.hear(Packet(frame, at_s, 1, len(frame)))
    return search.finish()


@pytest.mark.parametrize("question", [one for one in ALL if one.protocol == "udp"], ids=lambda one: one.name)
def test_a_program_that_looks_for_cameras_is_none(question):
    """Apps, recorders and this program ask in the makers' words."""
    payload = filled(question)
    for port in question.ports or (50000,):
        for sport in {50000, port}:
            assert not heard((0.0, sport, port, payload)).findings


@pytest.mark.parametrize("kind", [0x00, 0x20, 0x21, 0x30, 0x40, 0x41, 0x42, 0x43, 0x67, 0x69, 0xD0, 0xD1, 0xE0, 0xE1, 0xF0])
def test_what_the_app_of_a_peer_to_peer_camera_says_is_not_a_cameras_word(kind):
    """By the published list of PPPP's kinds: to meet, to search, to open a way, to talk, to keep alive."""
    datagrams = [(number / 10, 41234, 32100, pppp(kind, bytes(20))) for number in range(20)]
    assert not heard(*datagrams).findings


@pytest.mark.parametrize("kind", [96, 98, 102, 107, 120, 127])
@pytest.mark.parametrize("back", [0, 40])
def test_an_encrypted_call_is_neither_video_in_the_clear_nor_an_alarm(kind, back):
    """WebRTC and its like: heads of RTP, the rest under a cipher, 30 pictures a second; `back` bytes come in for each datagram."""
    rng, search = random.Random(kind + back), NetworkSearch()
    for number in range(1200):
        at_s = number / 120
        packet = rtp_packet(number, number // 4 * 3000, 7, rng.randbytes(1160 if number % 4 else 400), last=number % 4 == 3, kind=kind)
        frame = udp_frame((*HOST, 50000), (*SERVER, 3478), packet)
        search.hear(Packet(frame, at_s, 1, len(frame)))
        if back:
            frame = udp_frame((*SERVER, 3478), (*HOST, 50000), rng.randbytes(back))
            search.hear(Packet(frame, at_s, 1, len(frame)))
    result = search.finish()
    facts = {(fact.field, fact.value) for one in (*(finding.where for finding in result.findings), *result.others) for fact in one.sightings}
    assert not any(field == "rtp_video" for field, _ in facts)
    assert not any(finding.alarm for finding in result.findings)


def test_a_stun_question_says_nothing():
    assert services.from_udp(b"\0\1\0\0\x21\x12\xa4\x42" + bytes(range(12)), 50000, 3478) == []


def test_of_what_speaks_matter_only_cameras_alarm():
    plug = [("mdns_type", "_matterc._udp"), ("mdns_type", "_matter._tcp"), ("mdns_txt", "_matterc._udp DT=266")]
    assert found(plug, UNKNOWN) is None
    for kind in (322, 323):
        assert found([("mdns_type", "_matterc._udp"), ("mdns_txt", f"_matterc._udp DT={kind}")], UNKNOWN).alarm


def test_a_camera_that_is_also_a_hub_for_matter_alarms():
    hub = [("mdns_type", "_matter._tcp"), ("mdns_type", "_meshcop._udp"), ("dns_query", "camera-p2p-south.aqara.cn")]
    assert found(hub, UNKNOWN).alarm
