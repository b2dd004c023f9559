"""Report -> text, JSON, HTML.  Strings and bytes only; whoever wants files writes them."""

from detector.report.illustrations import Illustrations as Illustrations
from detector.report.illustrations import illustrate as illustrate
from detector.report.machine import as_dict as as_dict
from detector.report.machine import as_json as as_json
from detector.report.page import as_html as as_html
from detector.report.record import Report as Report
from detector.report.record import Source as Source
from detector.report.text import as_text as as_text
