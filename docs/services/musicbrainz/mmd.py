"""Read and write MusicBrainz metadata, the XML of its web service (mmd-2.0), within bounds."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser, tostring

NAMESPACE = "http://musicbrainz.org/ns/mmd-2.0#"
MAX_DEPTH = 16  # a submission has six levels; a document of thousands is made to exhaust its reader


class Unreadable(ValueError):
    """This is no XML, or XML that we do not take."""


class _Builder(TreeBuilder):
    """Refuses a document type: entities that grow, or that name files, can only be declared in one."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, public_id: str | None, system_id: str | None) -> None:
        raise Unreadable

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Unreadable
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def read(content: bytes) -> Element:
    """Parse a document whose root is `metadata`. Raises Unreadable."""
    parser = XMLParser(target=_Builder())  # noqa: S314 - without a document type there are no entities
    try:
        parser.feed(content)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError) as error:  # ValueError, LookupError: an encoding
        raise Unreadable from error
    if root.tag != f"{{{NAMESPACE}}}metadata":
        raise Unreadable
    return root


def children(element: Element, name: str) -> Iterator[Element]:
    return element.iterfind(f"{{{NAMESPACE}}}{name}")


def text_of(element: Element, name: str) -> str:
    """Give the text of the first child of this name, stripped; empty where there is none."""
    return (element.findtext(f"{{{NAMESPACE}}}{name}") or "").strip()


def name_of(element: Element) -> str:
    """Give an element's name; empty for one of another vocabulary."""
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace == f"{{{NAMESPACE}" else ""


def attribute(element: Element, name: str) -> str | None:
    """Give an attribute: some clients put it into the namespace, some do not."""
    return element.get(name, element.get(f"{{{NAMESPACE}}}{name}"))


def metadata() -> Element:
    """Begin a document; elements below it need no prefix."""
    return Element("metadata", {"xmlns": NAMESPACE})


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """Add a child; an underscore in an attribute's name is a hyphen."""
    child = SubElement(parent, name, {key.replace("_", "-"): value for key, value in attributes.items()})
    child.text = text
    return child


def dump(root: Element) -> bytes:
    content: bytes = tostring(root, "UTF-8", xml_declaration=True)
    return content
