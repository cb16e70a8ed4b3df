"""The places of the service, and what each one does with what an editor asks."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree.ElementTree import Element

from musicbrainz import mmd
from musicbrainz.answers import Problem, Reply
from musicbrainz.contributions import Collection
from musicbrainz.identifiers import RATEABLE, TAGGABLE, is_mbid
from musicbrainz.service import Asked, OpenPlace, Place, Sender, Service
from musicbrainz.submissions import (
    NotTaken,
    entity_of,
    read_barcodes,
    read_isrcs,
    read_ratings,
    read_tags,
)

MAX_RELEASES = 400  # so many MBIDs make a target of 16 KiB, which servers just take
NOT_XML = Problem(415, "Submit application/xml, in UTF-8.")
NOT_FOUND = Problem(404, "Not Found", "not_found")
NOT_ALLOWED = Problem(405, "This method is not allowed here.")


def userinfo(service: Service, sender: Sender, asked: Asked) -> Reply:
    """Say who this is (OpenID Connect Core 5.3): the address only where the token reaches that far."""
    profile = f"{service.resource}/user/{quote(sender.name, safe='')}"
    members: dict[str, object] = {"sub": sender.name, "profile": profile}
    editor = service.editors.get(sender.name)
    if sender.may("email") and editor is not None and editor.email is not None:
        members |= {"email": editor.email, "email_verified": editor.email_verified}
    return Reply(members)


def tags(service: Service, sender: Sender, asked: Asked) -> Reply:
    parameters = asked.parameters()
    entity = entity_of(parameters.get("entity", ""), parameters.get("id", ""), TAGGABLE)
    names = service.contributions.tags(sender.name, entity)
    root = mmd.metadata()
    listed = mmd.add(root, "user-tag-list")
    for name in names:
        mmd.add(mmd.add(listed, "user-tag"), "name", name)
    return Reply({"user-tags": [{"name": name} for name in names]}, root)


def submit_tags(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    if (problem := _no_submission(asked)) is not None:
        return problem
    service.contributions.set_tags(sender.name, read_tags(asked.body))
    return _done()


def rating(service: Service, sender: Sender, asked: Asked) -> Reply:
    """Give a rating in stars, 0 to 5: submitted as 80, it is read as 4."""
    parameters = asked.parameters()
    entity = entity_of(parameters.get("entity", ""), parameters.get("id", ""), RATEABLE)
    found = service.contributions.rating(sender.name, entity)
    root = mmd.metadata()
    if found is None:
        return Reply({"user-rating": {"value": None}}, root)
    mmd.add(root, "user-rating", f"{found / 20:g}")
    return Reply({"user-rating": {"value": found / 20}}, root)


def submit_ratings(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    if (problem := _no_submission(asked)) is not None:
        return problem
    service.contributions.rate(sender.name, read_ratings(asked.body))
    return _done()


def collections(service: Service, sender: Sender, asked: Asked) -> Reply:
    found = service.contributions.collections(sender.name)
    root = mmd.metadata()
    listed = mmd.add(root, "collection-list", count=str(len(found)))
    for one in found:
        mmd.add(_collection_element(listed, one), "release-list", count=str(len(one.releases)))
    members = [_collection_members(one) for one in found]
    return Reply({"collection-count": len(found), "collections": members}, root)


def releases(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    found = _own_collection(service, sender, asked)
    if isinstance(found, Problem):
        return found
    root = mmd.metadata()
    element = _collection_element(root, found)
    listed = mmd.add(element, "release-list", count=str(len(found.releases)))
    for release in found.releases:
        mmd.add(listed, "release", id=release)
    members = _collection_members(found) | {"releases": [{"id": release} for release in found.releases]}
    return Reply(members, root)


def change_releases(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    """Put releases into a collection, or take them out: `;` stands between them."""
    if (problem := _no_client(asked)) is not None:
        return problem
    found = _own_collection(service, sender, asked)
    if isinstance(found, Problem):
        return found
    named = asked.place["releases"].split(";")
    if len(named) > MAX_RELEASES or not all(is_mbid(one) for one in named):
        raise NotTaken(f"Name 1 to {MAX_RELEASES} releases by their MBIDs, with a semicolon between them.")
    change = service.contributions.put if asked.target.method == "PUT" else service.contributions.remove
    change(found, named)
    return _done()


def submit_isrcs(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    if (problem := _no_submission(asked)) is not None:
        return problem
    service.contributions.submit_isrcs(read_isrcs(asked.body))
    return _done()


def submit_barcodes(service: Service, sender: Sender, asked: Asked) -> Reply | Problem:
    if (problem := _no_submission(asked)) is not None:
        return problem
    service.contributions.submit_barcodes(read_barcodes(asked.body))
    return _done()


def recording(service: Service, asked: Asked) -> Reply | Problem:
    mbid = entity_of("recording", asked.place["mbid"], {"recording"}).mbid
    isrcs = service.contributions.isrcs(mbid)
    if not isrcs:
        return NOT_FOUND
    root = mmd.metadata()
    listed = mmd.add(mmd.add(root, "recording", id=mbid), "isrc-list", count=str(len(isrcs)))
    for isrc in isrcs:
        mmd.add(listed, "isrc", id=isrc)
    return Reply({"id": mbid, "isrcs": list(isrcs)}, root)


def release(service: Service, asked: Asked) -> Reply | Problem:
    mbid = entity_of("release", asked.place["mbid"], {"release"}).mbid
    barcode = service.contributions.barcode(mbid)
    if barcode is None:
        return NOT_FOUND
    root = mmd.metadata()
    mmd.add(mmd.add(root, "release", id=mbid), "barcode", barcode)
    return Reply({"id": mbid, "barcode": barcode}, root)


PLACES = (
    Place("/oauth2/userinfo", "profile", {"GET": userinfo, "POST": userinfo}),
    Place("/ws/2/tag", "tag", {"GET": tags, "POST": submit_tags}),
    Place("/ws/2/rating", "rating", {"GET": rating, "POST": submit_ratings}),
    Place("/ws/2/collection", "collection", {"GET": collections}),
    Place("/ws/2/collection/{mbid}/releases", "collection", {"GET": releases}),
    Place(
        "/ws/2/collection/{mbid}/releases/{releases}",
        "collection",
        {"PUT": change_releases, "DELETE": change_releases},
    ),
    Place("/ws/2/recording", "submit_isrc", {"POST": submit_isrcs}),
    Place("/ws/2/release", "submit_barcode", {"POST": submit_barcodes}),
)
OPEN_PLACES = (OpenPlace("/ws/2/recording/{mbid}", recording), OpenPlace("/ws/2/release/{mbid}", release))


def _done() -> Reply:
    root = mmd.metadata()
    mmd.add(mmd.add(root, "message"), "text", "OK")
    return Reply({"message": "OK"}, root)


def _no_client(asked: Asked) -> Problem | None:
    """Refuse a change by a client that does not say which one it is: `client=name-version`."""
    return None if asked.parameters().get("client") else Problem(400, "Name your application in client=.")


def _no_submission(asked: Asked) -> Problem | None:
    media_type, _, parameters = asked.content_type.lower().partition(";")
    charset = parameters.replace('"', "").replace(" ", "")
    if media_type.strip() != "application/xml" or charset not in ("", "charset=utf-8"):
        return NOT_XML
    return _no_client(asked)


def _own_collection(service: Service, sender: Sender, asked: Asked) -> Collection | Problem:
    """Find a collection; that of somebody else is not there, for who asks."""
    mbid = entity_of("collection", asked.place["mbid"], {"collection"}).mbid
    owned = service.contributions.collections(sender.name)
    return next((one for one in owned if one.mbid == mbid), NOT_FOUND)


def _collection_element(parent: Element, one: Collection) -> Element:
    described = {"id": one.mbid, "type": "Release", "entity_type": "release"}
    element = mmd.add(parent, "collection", **described)
    mmd.add(element, "name", one.name)
    mmd.add(element, "editor", one.editor)
    return element


def _collection_members(one: Collection) -> dict[str, object]:
    described = {"id": one.mbid, "type": "Release", "entity-type": "release"}
    return described | {"name": one.name, "editor": one.editor, "release-count": len(one.releases)}
