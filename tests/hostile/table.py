"""The whole table: each behaviour of a hostile server, and what the requests become in both colours."""

from __future__ import annotations

from tests.hostile import table_framing, table_http, table_json, table_time, table_tls
from tests.hostile.rows import Row

SECTIONS: dict[str, list[Row]] = {
    "slow": table_time.SLOW,
    "endless": table_time.ENDLESS,
    "heavy": table_time.HEAVY,
    "cut": table_http.CUT,
    "lengths": table_framing.LENGTHS,
    "more than one answer": table_framing.SMUGGLED,
    "not HTTP": table_http.NO_HTTP,
    "redirections": table_http.REDIRECTS,
    "statuses": table_http.STATUSES,
    "TLS": table_tls.ROWS,
    "JSON": table_json.FORMS,
    "media types": table_json.KINDS,
    "members": table_json.MEMBERS,
}
