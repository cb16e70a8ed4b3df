"""Servers that answer in good HTTP what is no answer."""

from __future__ import annotations

from tests.hostile.answers import ACTIVE, INACTIVE, answer, nested
from tests.hostile.behaviours import say
from tests.hostile.rows import GOOD, NOT_JSON, Row, nonsense, refused, unavailable
from tests.hostile.rows import INACTIVE as IS_INACTIVE

NOT_ACTIVE = nonsense("active is neither true nor false")
KIND = unavailable("its answer is not application/json")


def said(text: str, becomes: tuple[int, str | None], name: str = "", **more: object) -> Row:
    return Row(name or text, say(answer(text.encode())), becomes, **more)  # type: ignore[arg-type]


def kind(text: str, becomes: tuple[int, str | None] = KIND) -> Row:
    return Row(f"Content-Type: {text}", say(answer(kind=f"Content-Type: {text}")), becomes)


def member(text: str, becomes: tuple[int, str | None]) -> Row:
    return said(f'{{"active":true,{text}}}', becomes, text)


FORMS = [
    said('{"active":true,"exp":NaN}', nonsense("NaN and infinities are not JSON")),
    said('{"active":true,"exp":1e400}', nonsense("a number is out of bounds")),
    said('{"active":true,"n":' + "9" * 5000 + "}", nonsense("a number is out of bounds"), "5000 digits"),
    said('{"active":false,"active":true}', nonsense("a member's name is repeated")),
    said('{"active":true,"\\u0061ctive":true}', nonsense("a member's name is repeated")),
    said('{"active":true,"a":"\\ud800"}', nonsense("a text holds half a character")),
    said("[true]", nonsense("not a JSON object")),
    said("true", nonsense("not a JSON object")),
    said("null", nonsense("not a JSON object")),
    said("", NOT_JSON, "nothing"),
    said("{'active':true}", NOT_JSON),
    said('{"active":true}{"active":true}', NOT_JSON),
    said('{"active":true,}', NOT_JSON),
    said("<html>active</html>", NOT_JSON),
    Row("nested 10 deep", say(answer(nested(10))), GOOD),
    Row("nested 20 deep", say(answer(nested(20))), nonsense("nested too deeply")),
    Row("nested 30,000 deep", say(answer(nested(30_000))), nonsense("too many values")),
    Row("a byte order mark", say(answer(b"\xef\xbb\xbf" + ACTIVE)), NOT_JSON),
    Row("UTF-16", say(answer(ACTIVE.decode().encode("utf-16"))), nonsense("not UTF-8")),
    Row("Latin-1", say(answer('{"active":true,"sub":"é"}'.encode("latin-1"))), nonsense("not UTF-8")),
]
KINDS = [
    kind("application/json; charset=utf-8", GOOD),
    kind("Application/JSON", GOOD),
    kind("text/html"),
    kind("text/plain"),
    kind("application/jwt"),
    kind("application/token-introspection+jwt"),
    kind("application/json, text/html"),
    kind(""),
    Row("no Content-Type", say(answer(kind="X: y")), KIND),
    Row("two Content-Types", say(answer(ACTIVE, "Content-Type: text/html")), KIND),
]
MEMBERS = [
    said(INACTIVE.decode(), IS_INACTIVE),
    said("{}", NOT_ACTIVE),
    *(said(f'{{"active":{value}}}', NOT_ACTIVE) for value in ('"true"', "1", "null", "[true]", '{"a":true}')),
    said('{"Active":true}', NOT_ACTIVE),
    member('"exp":"9999999999"', nonsense("exp is not a number of seconds")),
    member('"exp":true', nonsense("exp is not a number of seconds")),
    member('"exp":0', refused("expired")),
    member('"sub":7', nonsense("sub is not a text")),
    member('"sub":""', nonsense("sub is not a text")),
    member('"aud":{}', nonsense("aud is neither a text nor a list of texts")),
    member('"aud":[]', refused("no audience")),
    member('"aud":"https://other.example.org"', refused("wrong audience")),
    member('"token_type":"mac"', refused("not an access token")),
    member('"token_type":["Bearer"]', nonsense("token_type is not a text")),
    member('"cnf":{"jkt":"x"}', refused("bound to a key")),
    member('"cnf":"x"', nonsense("cnf is not an object")),
    member('"scope":["tag"]', GOOD),
]
ROWS = [*FORMS, *KINDS, *MEMBERS]
