"""Cameras of many makes by what public sources say they do, and the many things that are none.

The facts are typed here, not captured: they show that the rules hang together, not that they are true
of every device.  What real captures say is measured by tests/benchmarks.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from detector.network.signatures import Signatures
from detector.network.vendors import Vendors
from tests.network_scenes import NOBODY, searched

TIERS = Path(__file__).parent.parent.parent / "shared/data/labels/oui_tiers.tsv"


def found(facts, mac=NOBODY):
    findings = searched(*facts, mac=mac).findings
    return findings[0] if findings else None


def dns(*names):
    return [("dns_query", name) for name in names]


CAMERAS = [
    ("A9 / V720", dns("v720.p2p.naxclow.com")),
    ("A9 / X5", [("p2p", "PPPP answers a search"), ("p2p_prefix", "BATD")]),
    ("Amcrest", dns("p2p.amcrestview.com", "config.amcrestcloud.com")),
    ("Arlo", dns("updates.arlo.com", "time.nist.gov")),
    ("Axis M3045-V", [("dhcp_class", "AXIS,Network Camera,M3045-V,8.40.1")]),
    ("Blink", dns("rest-hw-u002.immedia-semi.com", "cs-u002.immedia-semi.com")),
    ("Blurams", dns("wsrelay.blurams.com")),
    ("Bosch", [("discovery", "Bosch")]),
    ("Bosch", dns("proxy-01.live.cbs.boschsecurity.com")),
    ("CP Plus", dns("instaonserver.com")),
    ("D-Link DCS-930LB", [("dhcp_name", "DCS-930LB"), ("dhcp_class", "udhcp 1.12.1")]),
    ("Dahua", [("discovery", "Dahua DHIP"), ("said_model", "IPC-HFW1230S")]),
    ("Dahua", dns("www.easy4ipcloud.com")),
    ("Edimax IC-3115W", [("mdns_txt", "_http._tcp IC-3115W Network Camera"), ("mdns_host", "localcam")]),
    ("EZVIZ", dns("eudevice.ezvizlife.com")),
    ("EZVIZ", dns("litedev.ezviz7.com")),
    ("eufy", dns("p2p-ir-eu.eufylife.com")),
    ("Foscam", [("discovery", "Foscam")]),
    ("Foscam", dns("ds7934.myfoscam.org")),
    ("Hanwha", [("discovery", "Hanwha"), ("said_model", "SNH-V6410PN")]),
    ("HiChip", [("discovery", "HiChip HDS")]),
    ("Hikvision", [("discovery", "Hikvision SADP")]),
    ("Hikvision", dns("litedev.hik-connect.com")),
    ("Imou", dns("device.imoulife.com")),
    # A laboratory's table of the names that each of its devices asked for, unedited.
    ("Furbo", dns("ai.furbo.co", "product.furbo.co", "firehose.us-east-1.amazonaws.com", "cloud-recording-de.s3.amazonaws.com")),
    ("Blink", dns("ccs-e002.immedia-semi.com", "is-cam-e002.immedia-semi.com", "rest-hw-e002.immedia-semi.com")),
    ("Nest", dns("nest-camera-media.googleapis.com", "time.google.com", "clients1.google.com", "lycraservice-pa-cam-prod.googleapis.com", "connectivitycheck.gstatic.com")),
    ("Meari", dns("meari-eu.oss-eu-central-1.aliyuncs.com", "apis.cloudedge360.com", "euce.mearicloud.com", "apis-eu-frankfurt.cloudedge360.com")),
    # Published tear-downs of single cameras and recorders.
    ("iCam365", dns("ep.tange365.com", "api.icloseli.com", "host.tange365.com", "relay.icloseli.com", "p2p-002.host.tange365.com")),
    ("P6S", dns("rsbotd-sgp.p6sai.com", "pool.ntp.org")),
    ("Ubia", dns("m1.ubianet.com", "m2.ubianet.com", "m3.ubianet.com")),
    ("", [("p2p", "Kalay from the device")]),
    ("365Cam", [("p2p", "PPPP answers a search"), ("p2p_prefix", "DGOA")]),
    ("Juan", dns("ngw.dvr163.com")),
    ("JVC", [("rtsp_reply", "401"), ("rtsp_realm", "JVCCAM Authorization")]),
    ("Logitech Circle", dns("node-mocked-2.video.logi.com")),
    ("Lorex", dns("p2p.lorexservices.com")),
    ("Meari", dns("apis-eu-frankfurt.meari.com.cn")),
    ("Microseven", dns("pnp.microseven.com")),
    ("Mobotix", [("rtsp_reply", "401"), ("rtsp_server", "Mobotix RTSP")]),
    ("Nest", dns("nexus.dropcam.com", "oculus1170-vir.dropcam.com")),
    ("Netatmo", dns("netcom.netatmo.net", "prodvpn-eu-2.netatmo.net")),
    ("Osaio / Nooie", dns("mqtts02-us.osaio.net")),
    ("Panasonic", [("discovery", "Panasonic"), ("said_model", "WV-S1131")]),
    ("Reolink", dns("p2p.reolink.com", "pushx.reolink.com")),
    ("Reolink", [("p2p", "Baichuan")]),
    ("Ring", dns("es.ring.com", "fw.ring.com", "rss-dpd-service.ring.com", "ntp-g7g.amazon.com")),
    ("Runtop", dns("pprtp.iruntop.com", "rtp3.runtopcam.com")),
    ("Samsung SmartCam", dns("xmpp.samsungsmartcam.com")),
    ("SimpliSafe", dns("remix.us-east-1.prd.cam.simplisafe.com")),
    ("Sony", [("discovery", "Sony"), ("said_model", "SNC-EM600")]),
    ("Swann", dns("dev1.swannlink.com")),
    ("TP-Link", [("tp_link_type", "SMART.IPCAMERA"), ("said_model", "C200")]),
    ("TP-Link", dns("n-deventry-dcipc.tplinkcloud.com")),
    ("TP-Link", dns("use1-device-tapo-care.i.tplinknbu.com", "security.iot.i.tplinknbu.com")),
    ("TRENDnet", [("http_realm", "TV-IP551WI"), ("http_server", "alphapd/2.1.8")]),
    ("TVT", [("discovery", "TVT")]),
    ("UVC-G3", [("discovery", "Ubiquiti"), ("said_model", "UVC-G3"), ("rtsp_reply", "200")]),
    ("Ubia", dns("m2.ubia.cn")),
    ("Uniview", [("rtsp_reply", "401"), ("rtsp_realm", "48ea63000000")]),
    ("V380", [("discovery", "V380")]),
    ("V380", dns("is581.nvcam.net")),
    ("VStarcam", [("p2p", "PPPP logs in"), ("p2p_prefix", "VSTD")]),
    ("Vimtag", dns("auth2.mipcm.com")),
    ("Vivotek", [("discovery", "Vivotek"), ("said_model", "IP8160")]),
    ("Wansview", dns("cam-gw-isc-eu02.ajcloud.net", "f002.backblaze.com")),
    ("", dns("p2p3.nwsvr2.com")),
    ("", dns("m2.iotcplatform.com")),
    ("Wyze", dns("wyze-mars-asrv.wyzecam.com", "us-c-master-tutk.iotcplatform.com")),
    ("Xiaomi", dns("de.business.smartcamera.api.io.mi.com", "ot.io.mi.com")),
    ("Xiaomi", [("mdns_name", "chuangmi-camera-ipc019_miio123"), ("mdns_type", "_miio._udp")]),
    ("Xiongmai", dns("pub-cfg.secu100.net", "mac.secu100.net")),
    ("Yi", dns("api.us.xiaoyi.com", "log.us.xiaoyi.com")),
    ("Yoosee", dns("list.iotvideo.cloudlinks.cn")),
    ("Zmodo", dns("11-devaccess.myzmodo.com", "12-alertsfile.myzmodo.com")),
    ("", [("mdns_txt", "_hap._tcp ci=17")]),
    ("Hikvision DS-2CD2042WD-I", [("wsd_scope", "onvif://www.onvif.org/name/HIKVISION%20DS-2CD2042WD-I"), ("wsd_scope", "onvif://www.onvif.org/hardware/DS-2CD2042WD-I")]),
]


@pytest.mark.parametrize(("camera", "facts"), CAMERAS, ids=[f"{name or 'unnamed'}-{facts[0][1]}" for name, facts in CAMERAS])
def test_a_camera_that_gives_itself_away_alarms_under_its_name(camera, facts):
    finding = found(facts)
    assert finding
    assert finding.alarm
    assert camera.lower() in (finding.camera or "").lower()
    assert all(reason.source for reason in finding.reasons)


PHONE = [("dhcp_class", "android-dhcp-13"), ("dhcp_wishes", "1,3,6,15,26,28,51,58,59,43")]
WATCHERS = [
    ("iPhone with Ring's app", [("dhcp_wishes", "1,121,3,6,15,119,252"), *dns("api.ring.com", "es.ring.com")]),
    ("Android with Wyze's app", [*PHONE, *dns("api.wyzecam.com", "wyze-mars-asrv.wyzecam.com", "us-c-master-tutk.iotcplatform.com")]),
    ("Android with Reolink's app", [*PHONE, *dns("p2p.reolink.com", "apis.reolink.com", "settings.crashlytics.com")]),
    ("private telephone with an app", dns("p2p.reolink.com", "firebaseinstallations.googleapis.com")),
    ("Hik-Connect's app alone", dns("apiius.hik-connect.com", "vtmvirginia.ezvizlife.com")),
    ("Arlo's page", dns("my.arlo.com", "myapi.arlo.com", "ocapi-app.arlo.com", "mqtt-cluster-z1-1.arloxcld.com")),
    ("Tapo's app", dns("n-euw1-wap-gw.tplinkcloud.com", "euw1-app-tapo-care.i.tplinknbu.com", "euw1-relay-dcipc.i.tplinknbu.com")),
    ("Nest's page", dns("home.nest.com", "webapi.camera.home.nest.com", "nexusapi-us1.camera.home.nest.com")),
    ("Ring's app alone", dns("api.ring.com", "oauth.ring.com", "app-snaps.ring.com")),
    ("Blink's app alone", dns("api.oauth.blink.com", "rest-u025.immedia-semi.com")),
    ("laptop at a maker's shop", [("dhcp_class", "MSFT 5.0"), *dns("reolink.com", "www.reolink.com", "store.reolink.com", "www.wyze.com")]),
    ("laptop at makers' sites", dns("ring.com", "www.ring.com", "www.reolink.com", "reolink.com")),
    ("someone who reads about one maker", dns("arlo.com", "www.arlo.com")),
    ("laptop that shops for cameras", dns("api.netvue.com", "p2p.reolink.com", "updates.arlo.com", "fw.ring.com")),
    ("Pi-hole", [("role", "dns server"), *dns("p2p.reolink.com", "v720.naxclow.com", "es.ring.com")]),
    ("router that looks names up for its house", [("role", "dhcp server"), *dns("nexus.dropcam.com")]),
    ("Android that plays a camera's stream", [*PHONE, ("rtsp_agent", "LibVLC/3.0.18")]),
]


@pytest.mark.parametrize("facts", [facts for _, facts in WATCHERS], ids=[name for name, _ in WATCHERS])
def test_who_only_watches_does_not_alarm(facts):
    finding = found(facts)
    assert finding is None or not finding.alarm


OTHERS = [
    ("Android in a video call", [*PHONE, ("stream", "steady video out"), ("tls_name", "mmg.whatsapp.net")], NOBODY),
    ("laptop in a video call", [("dhcp_class", "MSFT 5.0"), ("stream", "steady video out"), ("tls_name", "us04web.zoom.us")], NOBODY),
    ("laptop of one flow", [("stream", "steady video out")], "3c:22:fb:00:00:01"),
    ("television", [("upnp_type", "urn:dial-multiscreen-org:service:dial:1"), ("rtsp_reply", "200"), *dns("api.netflix.com")], NOBODY),
    ("speaker with AirPlay", [("mdns_type", "_raop._tcp"), ("rtsp_server", "AirTunes/220.68"), ("rtsp_reply", "200")], NOBODY),
    ("NAS with RTSP", [("mdns_type", "_smb._tcp"), ("upnp_type", "urn:schemas-upnp-org:device:MediaServer:1"), ("rtsp_reply", "200")], NOBODY),
    ("printer", [("wsd_type", "wsdp:Device"), ("wsd_type", "wprt:PrintDeviceType"), ("mdns_type", "_ipp._tcp")], NOBODY),
    ("computer with WS-Discovery", [("wsd_type", "wsdp:Device"), ("wsd_type", "pub:Computer")], NOBODY),
    ("Tuya plug", dns("a.tuyaeu.com", "m2.tuyaeu.com"), "10:5a:17:00:00:01"),
    ("Tuya plug that announces itself", [("discovery", "Tuya"), *dns("a3.tuyaus.com")], "10:5a:17:00:00:01"),
    ("Xiaomi lamp", [("discovery", "Xiaomi miIO"), *dns("ot.io.mi.com", "ott.io.mi.com")], "34:ce:00:83:99:35"),
    ("Kasa plug", [("tp_link_type", "IOT.SMARTPLUGSWITCH"), ("said_model", "HS110(EU)"), *dns("n-devs.tplinkcloud.com")], "50:c7:bf:00:c7:03"),
    ("D-Link plug", [("discovery", "D-Link 62976"), ("dhcp_class", "udhcp 1.22.1"), *dns("signal.auto.mydlink.com")], "90:8d:78:a9:3d:6f"),
    ("D-Link sensor", [("mdns_txt", "_dhnap._tcp model_number=DCH-S160"), *dns("mp-eu-portal.auto.mydlink.com")], "f0:b4:d2:f9:60:95"),
    ("Netatmo weather station", dns("netcom.netatmo.net"), "70:ee:50:6b:a8:1a"),
    ("Withings scale", dns("scalews.withings.net"), "00:24:e4:24:80:2a"),
    ("Echo", dns("avs-alexa-4-eu.amazon.com", "prod.amcs-tachyon.com", "pub.iad.prod.shfss.smarthome-cameras.alexa.a2z.com"), "44:65:0d:56:cc:d3"),
    ("Nest thermostat", dns("transport.home.nest.com", "frontdoor.nest.com", "logsink.devices.nest.com"), "18:b4:30:25:be:e4"),
    ("Hue bridge", [("dhcp_class", "udhcp 1.19.4"), ("dhcp_wishes", "1,3,6,12,15,28,42"), *dns("ws.meethue.com")], "00:17:88:24:76:ff"),
    ("Roku", [("upnp_type", "urn:roku-com:device:player:1-0"), *dns("api.roku.com", "cooper.logs.roku.com")], NOBODY),
    ("kettle with a cheap module", [("dhcp_wishes", "1,3,28,6"), *dns("ak.myappkettle.com")], "0c:8c:24:00:00:01"),
    ("vacuum cleaner", [("mdns_name", "roborock-vacuum-s5_miio123"), *dns("usiot.roborock.com")], NOBODY),
    ("hub for sensors", [("mdns_txt", "_hap._tcp ci=2")], NOBODY),
    ("Ubiquiti access point", [("discovery", "Ubiquiti"), ("said_model", "UAP-AC-LR")], "04:18:d6:00:00:01"),
    ("game console", [("dhcp_wishes", "1,3,6,15,28,33"), *dns("conntest.nintendowifi.net")], NOBODY),
    ("VoIP telephone", [("rtp_video", "H.264"), ("dhcp_wishes", "1,3,6,42")], "00:0b:82:00:00:01"),
    ("server behind a streaming page", [("http_type", "text/html"), ("rtsp_server", "Helix Server Version 11.1.3"), ("rtsp_reply", "200")], NOBODY),
]


@pytest.mark.parametrize(("facts", "mac"), [(facts, mac) for _, facts, mac in OTHERS], ids=[name for name, _, _ in OTHERS])
def test_what_is_no_camera_does_not_alarm(facts, mac):
    finding = found(facts, mac)
    assert finding is None or not finding.alarm


@pytest.mark.parametrize("name", ["a1.tuyaeu.com", "ot.io.mi.com", "n-devs.tplinkcloud.com", "device-metrics-us.amazon.com", "clients3.google.com"])
@pytest.mark.parametrize("mac", [NOBODY, "34:ce:00:83:99:35"])
def test_a_mixed_brands_cloud_shows_nobody(name, mac):
    assert found(dns(name), mac) is None


MODELS = [
    ("dhcp_name", "SNC-EM600", "Sony SNC-EM600"),
    ("mdns_name", "WV-SF138 Network Camera", "Panasonic WV-SF138"),
    ("dhcp_name", "VMC4040", "Arlo VMC4040"),
    ("dhcp_name", "T8410P0A1B2C3D", "eufy T8410"),
    ("dhcp_name", "WyzeCam", "Wyze"),
    ("dhcp_name", "WYZE_CAKP2JFUS-7C78B2AABBCC", "Wyze CAKP2JFUS"),
    ("dhcp_name", "Ring-0a1b2c", "Ring"),
    ("dhcp_name", "C200_1A2B3C", "TP-Link Tapo C200"),
    ("mdns_host", "UVC-G3-Flex", "Ubiquiti UVC-G3-Flex"),
    ("upnp_model", "DS-2CD2042WD-I", "Hikvision DS-2CD2042WD-I"),
    ("dhcp_name", "DCS-2530L", "D-Link DCS-2530L"),
    ("ssdp_model", "FI9900P", "Foscam FI9900P"),
]


@pytest.mark.parametrize(("field", "value", "camera"), MODELS)
def test_a_name_that_a_camera_gives_itself_is_its_name_in_the_report(field, value, camera):
    finding = found([(field, value)])
    assert finding
    assert finding.alarm
    assert finding.camera == camera


@pytest.mark.parametrize(
    "name",
    ["TV-1234", "T-Mobile", "Circle", "ABC", "BB-8", "VN", "WV", "AVD-box", "WyzePlug-1", "Ringo", "Blinky", "NCC1701", "LN-1", "Furby", "canarypi", "arlon", "MBP2019", "DS-218", "CS-Client7", "AV7703", "EC2-52", "KD55", "TCM", "UVC-py", "SNB-exchange"],
)
def test_names_that_only_begin_alike_do_not_alarm(name):
    for field in ("dhcp_name", "mdns_host", "mdns_name", "upnp_name"):
        finding = found([(field, name)])
        assert finding is None or not finding.alarm, field


@pytest.mark.parametrize(
    ("facts", "camera"),
    [
        ([("onvif_manufacturer", "General"), ("onvif_model", "HI3518-X")], "HI3518-X"),
        ([("onvif_manufacturer", "Hikvision"), ("onvif_model", "DS-2CD2042WD-I")], "Hikvision DS-2CD2042WD-I"),
        ([("onvif_manufacturer", "ONVIF")], None),
        ([("wsd_scope", "onvif://www.onvif.org/name/IPC-BO"), ("wsd_type", "dn:NetworkVideoTransmitter")], "IPC-BO"),
        ([("wsd_scope", "onvif://www.onvif.org/name/TP-IPC%20Tapo"), ("wsd_scope", "onvif://www.onvif.org/hardware/C210")], "TP-Link Tapo C210"),
    ],
)
def test_a_word_that_is_no_maker_is_not_told_as_one(facts, camera):
    finding = found(facts)
    assert finding.alarm
    assert finding.camera == camera


@pytest.mark.parametrize(
    ("mac", "camera"),
    [("b0:c5:54:1c:71:85", "D-Link"), ("74:da:38:80:7a:08", "Edimax"), ("34:ce:00:d6:8f:c1", "Xiaomi"), ("f4:f2:6d:93:51:f1", "TP-Link"), ("10:2c:6b:00:00:01", None)],
)
def test_a_camera_of_a_mixed_brand_has_the_brand_of_its_mac(mac, camera):
    finding = found([("mdns_host", "ipcam")], mac)
    assert finding.alarm
    assert finding.camera == camera


@pytest.mark.skipif(not TIERS.is_file(), reason="the shared vendor tiers are not here")
@pytest.mark.parametrize(("tier", "least", "most"), [("A", 3.0, 4.0), ("B", 0.0, 2.0), ("C", -0.7, 0.8)])
def test_the_makers_of_a_tier_weigh_as_their_tier_does(tier, least, most):
    rules, vendors, off = Signatures(), Vendors(), []
    for line in TIERS.read_text(encoding="utf-8").splitlines():
        name, _, prefixes = line.split("\t")
        for prefix in filter(None, prefixes.split(",")) if name.startswith(tier) else ():
            digits = prefix.split("/")[0].replace(":", "").lower().ljust(12, "0")
            match = rules.match("mac_vendor", vendors.owner(":".join(digits[i : i + 2] for i in range(0, 12, 2))).name or "")
            if not least <= (match.rule.weight if match else 0.0) <= most:
                off.append((prefix, match and match.rule.weight))
    assert len(off) <= 1, off  # one block of 4,096 addresses is of a firm that only shares a camera maker's name
