"""Reading XML from strangers: UTF-8 only, capped, no DTD, no entities, no network, white space kept."""

import re
from collections.abc import Sequence

from lxml import etree

from appliance.eet.errors import DocumentUnreadable

ANSWER_BYTES_MAX = 256 * 1024
"""Official answers have about 7 kB."""

MESSAGE_BYTES_MAX = 12_000
"""The document says 12 kB for the whole envelope and not which kB: the smaller one."""

ATTRIBUTES_MAX = 100
"""Of one element; official ones have 21. The library takes time with their square."""

TAGS_MAX = 2000
NAMESPACES_MAX = 200
"""Official answers have about 40 tags and 15 namespaces. Canonical form takes time with their product."""

_DECLARED_ENCODING = re.compile(r"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"']*)["']""")


def parse(raw: bytes, *, bytes_max: int = ANSWER_BYTES_MAX) -> etree._Element:
    """The root element. Raises DocumentUnreadable.

    Comments are left out of the tree: canonical XML without comments does not sign them, so nobody may read them.
    """
    if len(raw) > bytes_max:
        raise DocumentUnreadable("too_large", f"{len(raw)} bytes, at most {bytes_max}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentUnreadable("encoding", str(error)) from error
    declared = _DECLARED_ENCODING.match(text)
    if declared is not None and declared[1].lower() not in {"utf-8", "us-ascii"}:
        raise DocumentUnreadable("encoding", declared[1][:40])
    # Refused before the parser sees it: an entity inside an attribute would be expanded whatever the options say.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise DocumentUnreadable("doctype")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        no_network=True,
        huge_tree=False,
        recover=False,
        remove_blank_text=False,
        remove_comments=True,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentUnreadable("not_well_formed", str(error)[:200]) from error
    for what, found, most in (("tags", text.count("<"), TAGS_MAX), ("namespaces", text.count("xmlns"), NAMESPACES_MAX)):
        if found > most:
            raise DocumentUnreadable("crowded", f"more than {most} {what}")
    if any(len(element.attrib) > ATTRIBUTES_MAX for element in root.iter(etree.Element)):
        raise DocumentUnreadable("attributes", f"an element with more than {ATTRIBUTES_MAX}")
    return root


def canonical(element: etree._Element, *, prefixes: Sequence[str] = ()) -> bytes:
    """Exclusive canonical XML without comments; `prefixes` are those of InclusiveNamespaces/@PrefixList.

    Raises DocumentUnreadable for what has no canonical form (a relative namespace).
    """
    try:
        return etree.tostring(
            element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=list(prefixes) or None
        )
    except etree.C14NError as error:
        raise DocumentUnreadable("not_canonical", str(error)[:200]) from error


def elements(parent: etree._Element) -> list[etree._Element]:
    """Child elements, without processing instructions."""
    return [child for child in parent if isinstance(child.tag, str)]


def has_only_elements(parent: etree._Element) -> bool:
    """Whether there is nothing but white space between the child elements."""
    texts = [parent.text, *(child.tail for child in parent)]
    return all(text is None or not text.strip(" \t\r\n") for text in texts)


def text_of(element: etree._Element) -> str:
    """The text of an element and everything below."""
    return "".join(element.itertext())
