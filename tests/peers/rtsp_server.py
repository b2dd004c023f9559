"""Runs a bare GStreamer RTSP server on port 554: needs the system's own Python with its gi."""

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_service("554")
factory = GstRtspServer.RTSPMediaFactory()
# Without I420 before the encoder DESCRIBE is answered with 503.
factory.set_launch("( videotestsrc is-live=true ! video/x-raw,format=I420,width=320,height=240,framerate=5/1 ! jpegenc ! rtpjpegpay name=pay0 )")
server.get_mount_points().add_factory("/test", factory)
server.attach(None)
GLib.MainLoop().run()
