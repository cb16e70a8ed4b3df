"""The part of the parity table that submits, and what is refused; nothing of a refused one is kept."""

from __future__ import annotations

from uuid import NAMESPACE_URL, uuid5

from musicbrainz.service import MAX_BODY_BYTES

from tests.services.musicbrainz.edges import JSON, metadata, problem
from tests.services.musicbrainz.rows import (
    EMPTY,
    FORM,
    MBID,
    NAMESPACE,
    RATING,
    SUBMITTED,
    TAG,
    WRONG_TYPE,
    Row,
    entities,
    rating,
    submitted,
    tag,
)

NOT_MMD = "The body must be a metadata document of mmd-2.0, without a DOCTYPE."
NO_CLIENT = "Name your application in client=."
WRONG_TAG = "A tag has 1 to 255 characters."
WRONG_RATING = "A rating is a whole number from 0 to 100."
WRONG_ISRC = "An ISRC has twelve characters, as in GBAYE6900522."
WRONG_BARCODE = "A barcode has 8, 12, 13 or 14 digits, and the last one checks the others."

WRONG_RELEASES = "Name 1 to 400 releases by their MBIDs, with a semicolon between them."
OWN = uuid5(NAMESPACE_URL, "https://musicbrainz.example/user/eve/collection")
COLLECTION = f"/ws/2/collection/{OWN}/releases"
TOO_MANY = ";".join([MBID] * 401)
XXE = b'<!DOCTYPE metadata [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + tag("&x;")
TOO_DEEP = f'<metadata xmlns="{NAMESPACE}">{"<a>" * 20}{"</a>" * 20}</metadata>'.encode()

# One after the other: each reads what the one before it has left.
WRITING = [
    submitted("tag", "tag", tag("  Krautrock ")),
    Row(
        f"GET {TAG}",
        200,
        metadata("<user-tag-list><user-tag><name>krautrock</name></user-tag></user-tag-list>"),
        "tag",
    ),
    Row(f"GET {TAG}&fmt=json", 200, '{"user-tags":[{"name":"krautrock"}]}', "tag", JSON),
    submitted("tag", "tag", entities("artist", "<user-tag-list/>")),
    Row(f"GET {TAG}", 200, metadata("<user-tag-list />"), "tag"),
    submitted("rating", "rating", rating("70")),
    Row(f"GET {RATING}", 200, metadata("<user-rating>3.5</user-rating>"), "rating"),
    submitted("rating", "rating", rating("0")),
    Row(f"GET {RATING}", 200, EMPTY, "rating"),
    submitted(
        "recording",
        "submit_isrc",
        entities("recording", '<isrc-list><isrc id="GBAYE6900522"/></isrc-list>', SUBMITTED),
    ),
    Row(
        f"GET /ws/2/recording/{SUBMITTED}?fmt=json",
        200,
        f'{{"id":"{SUBMITTED}","isrcs":["GBAYE6900522"]}}',
        None,
        JSON,
    ),
    submitted(
        "release/", "submit_barcode", entities("release", "<barcode>4006381333931</barcode>", SUBMITTED)
    ),
    Row(
        f"GET /ws/2/release/{SUBMITTED}/",
        200,
        metadata(f'<release id="{SUBMITTED}"><barcode>4006381333931</barcode></release>'),
    ),
]

REFUSED = [
    submitted("tag", "tag", tag("x"), 400, NO_CLIENT, query=""),
    submitted("tag", "tag", tag("x"), 400, NO_CLIENT, query="?client="),
    submitted("tag", "tag", b"", 400, NOT_MMD),
    submitted("tag", "tag", b"<metadata/>", 400, NOT_MMD),
    submitted("tag", "tag", tag("x")[:-3], 400, NOT_MMD),
    submitted("tag", "tag", XXE, 400, NOT_MMD),
    submitted("tag", "tag", TOO_DEEP, 400, NOT_MMD),
    submitted("tag", "tag", b'<?xml version="1.0" encoding="x-none"?>' + tag("x"), 400, NOT_MMD),
    submitted("tag", "tag", tag(" "), 400, WRONG_TAG),
    submitted("tag", "tag", tag("x" * 256), 400, WRONG_TAG),
    submitted(
        "tag",
        "tag",
        tag("x", ' vote="upvote"'),
        400,
        "Votes on tags are not taken here: submit the whole list.",
    ),
    submitted("tag", "tag", entities("url", ""), 400, WRONG_TYPE),
    submitted("tag", "tag", entities("artist", "", "5B11"), 400, "Invalid MBID."),
    submitted("rating", "rating", rating("101"), 400, WRONG_RATING),
    submitted("rating", "rating", rating("4.5"), 400, WRONG_RATING),
    submitted("rating", "rating", rating("٤"), 400, WRONG_RATING),
    submitted("recording", "submit_isrc", entities("recording", ""), 400, WRONG_ISRC),
    submitted(
        "recording",
        "submit_isrc",
        entities("recording", '<isrc-list><isrc id="GBAYE69005"/></isrc-list>'),
        400,
        WRONG_ISRC,
    ),
    submitted("recording", "submit_isrc", entities("release", ""), 400, WRONG_TYPE),
    submitted(
        "release",
        "submit_barcode",
        entities("release", "<barcode>4006381333932</barcode>"),
        400,
        WRONG_BARCODE,
    ),
    submitted(
        "tag", "tag", b"x" * (MAX_BODY_BYTES + 1), 413, f"The body is larger than {MAX_BODY_BYTES} bytes."
    ),
    Row(
        "POST /ws/2/tag?client=t-1",
        415,
        problem("Submit application/xml, in UTF-8."),
        "tag",
        headers=FORM,
        content=b"tag=x",
    ),
    Row(
        "POST /ws/2/tag?client=t-1",
        415,
        problem("Submit application/xml, in UTF-8."),
        "tag",
        headers={"content-type": "application/xml; charset=latin-1"},
        content=tag("x"),
    ),
    submitted(
        "release", "submit_barcode", entities("release", "<barcode>123456789</barcode>"), 400, WRONG_BARCODE
    ),
    submitted("release", "submit_barcode", b"", 400, NO_CLIENT, query=""),
    submitted("recording", "submit_isrc", b"", 400, NO_CLIENT, query=""),
    submitted("rating", "rating", b"", 400, NO_CLIENT, query=""),
    Row(f"PUT {COLLECTION}/x?client=t-1", 400, problem(WRONG_RELEASES), "collection"),
    Row(f"DELETE {COLLECTION}/{MBID}%3B?client=t-1", 400, problem(WRONG_RELEASES), "collection"),
    Row(f"PUT {COLLECTION}/{TOO_MANY}?client=t-1", 400, problem(WRONG_RELEASES), "collection"),
    Row(f"PUT /ws/2/collection/{MBID}/releases/{MBID}", 400, problem(NO_CLIENT), "collection"),
    Row(f"PUT /ws/2/collection/{MBID}/releases/{MBID}?client=t-1", 404, problem("Not Found"), "collection"),
]
