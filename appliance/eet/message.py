"""What a message may contain, and its Trzba as canonical XML. The dialect is a table, not a branch."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from html import escape

from lxml import etree

from appliance.domain.fiscal import Dialect
from appliance.eet.errors import MessageInvalid
from appliance.eet.names import XSI

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}")
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)
_FIRST_MOMENT, _LAST_MOMENT = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_INTEGER = re.compile(r"[+-]?0{0,1000}[0-9]{1,9}")
_WORD = "0-9a-zA-Z.,:;/#_ \\-"
_WORD_SAID = "of 0-9 a-z A-Z . , : ; / # - _ space"
_ZONE_MINUTES_MAX = 14 * 60
_SCHEMA_HINTS = {f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"}
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), ('"', "&quot;"), ("\t", "&#x9;"), ("\n", "&#xA;"), ("\r", "&#xD;"))
_NEEDS_ESCAPE = re.compile(r"[&<\"\t\n\r]")


@dataclass(frozen=True, slots=True)
class Rule:
    """One attribute. `collapses`: XML Schema ignores white space around a received value of this type."""

    pattern: re.Pattern[str]
    allowed: str
    required: bool = False
    collapses: bool = False
    check: Callable[[str], bool] | None = None

    def accepts(self, value: str) -> bool:
        """Whether the official schema takes this value (without white space around it)."""
        return self.pattern.fullmatch(value) is not None and (self.check is None or self.check(value))


@dataclass(frozen=True, slots=True)
class DialectSpec:
    """One version of the protocol as data.

    `data` names the attributes of Data in the order of the official schema; `sale_key` those whose values together are
    one sale for the server; `control_codes` says whether a message carries KontrolniKody, made of the same values;
    `answer_head` names the attributes of an answer's Hlavicka; `code` is the attribute of Potvrzeni that holds the
    server's code.
    """

    name: Dialect
    namespace: str
    prefix: str
    soap_action: str
    data: Mapping[str, Rule]
    sale_key: tuple[str, ...]
    control_codes: bool
    answer_head: Mapping[str, Rule]
    code: str
    code_rule: Rule


@dataclass(frozen=True, slots=True)
class Header:
    """Hlavicka of one send: a new `uuid_zpravy` and `dat_odesl` each time."""

    uuid_zpravy: str
    dat_odesl: str
    prvni_zaslani: bool
    overeni: bool


def is_moment(value: str) -> bool:
    """Whether it is a dateTime as the schema has it: seconds, a zone, a real day; 24:00:00 is allowed."""
    match = _MOMENT.fullmatch(value)
    if match is None:
        return False
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        date(year, month, day)
    except ValueError:
        return False
    zone = int(match[8] or 0) * 60 + int(match[9] or 0)
    if int(match[9] or 0) > 59 or zone > _ZONE_MINUTES_MAX or minute > 59 or second > 59:
        return False
    return hour < 24 or (hour == 24 and minute == second == 0)


def moment(value: str) -> datetime:
    """A valid dateTime of the schema as a UTC datetime; what lies beyond Python's calendar becomes its edge."""
    match = _MOMENT.fullmatch(value)
    assert match is not None, value
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    offset = timedelta(hours=int(match[8] or 0), minutes=int(match[9] or 0))
    zone = timezone(-offset if match[7] == "-" else offset)
    at = datetime(year, month, day, hour % 24, minute, second, tzinfo=zone)
    try:
        return (at + timedelta(days=hour // 24)).astimezone(UTC)
    except OverflowError:
        return _FIRST_MOMENT if year == 1 else _LAST_MOMENT


def required(rule: Rule) -> Rule:
    """The same rule for an attribute that must be there."""
    return replace(rule, required=True)


def whole_number(lowest: int, highest: int) -> Rule:
    """xs:int between two bounds, which may have a sign and leading zeros."""
    return Rule(
        _INTEGER,
        f"a whole number from {lowest} to {highest}",
        collapses=True,
        check=lambda value: lowest <= int(value) <= highest,
    )


MOMENT = Rule(_MOMENT, "YYYY-MM-DDThh:mm:ss with a zone (Z or +hh:mm)", collapses=True, check=is_moment)
BOOLEAN = Rule(re.compile(r"true|false|1|0"), "true, false, 1 or 0", collapses=True)
UUID = Rule(_UUID, "a UUID of version 1 to 5 (36 characters)")
TAXPAYER = Rule(re.compile(r"CZ[0-9]{8,10}"), "CZ and 8 to 10 digits")
AMOUNT = Rule(
    re.compile(r"(?:0|-?[1-9][0-9]{0,7})\.[0-9]{2}|-0\.(?:0[1-9]|[1-9][0-9])"),
    "an amount from -99999999.99 to 99999999.99 with exactly two decimals and a dot",
    collapses=True,
)
TILL = Rule(re.compile(f"[{_WORD}]{{1,20}}"), f"1 to 20 {_WORD_SAID}", required=True)
NUMBER = Rule(re.compile(f"[{_WORD}]{{1,25}}"), f"1 to 25 {_WORD_SAID}", required=True)
SERVER_CODE = Rule(
    re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}-[0-9a-fA-F]{2}"),
    "a code of 39 characters",
    required=True,
)

HEADER_RULES: Mapping[str, Rule] = {
    "uuid_zpravy": required(UUID),
    "dat_odesl": required(MOMENT),
    "prvni_zaslani": required(BOOLEAN),
    "overeni": BOOLEAN,
}
ANSWER_HEAD: Mapping[str, Rule] = {"uuid_zpravy": UUID, "dat_prij": MOMENT, "dat_odmit": MOMENT}


def check_attributes(values: Mapping[str, str], rules: Mapping[str, Rule]) -> None:
    """Raise MessageInvalid for the first attribute that is unknown, missing or not allowed."""
    for name, value in values.items():
        rule = rules.get(name)
        if rule is None:
            raise MessageInvalid(name, value, allowed="no attribute of this name")
        if not isinstance(value, str) or not rule.accepts(value):
            raise MessageInvalid(name, value, allowed=rule.allowed)
    for name, rule in rules.items():
        if rule.required and name not in values:
            raise MessageInvalid(name, None, allowed=f"{rule.allowed}; the attribute is required")


def received_attributes(element: etree._Element, rules: Mapping[str, Rule]) -> dict[str, str]:
    """The checked attributes of a received element as XML Schema sees them. Raises MessageInvalid.

    White space around numbers, times and booleans does not count; schemaLocation hints are left out.
    """
    values = {str(name): str(value) for name, value in element.attrib.items() if name not in _SCHEMA_HINTS}
    values = {
        name: value.strip(" \t\r\n") if name in rules and rules[name].collapses else value
        for name, value in values.items()
    }
    check_attributes(values, rules)
    return values


def validate_data(data: Mapping[str, str], *, dialect: DialectSpec) -> None:
    """Raise MessageInvalid unless the official schema takes these attributes of Data.

    One thing is stricter than the schema: no white space around numbers and times, because the sale key is compared
    character by character.
    """
    check_attributes(data, dialect.data)


def header_attributes(header: Header) -> dict[str, str]:
    """Hlavicka as official attribute names and texts."""
    return {
        "uuid_zpravy": header.uuid_zpravy,
        "dat_odesl": header.dat_odesl,
        "prvni_zaslani": "true" if header.prvni_zaslani else "false",
        "overeni": "true" if header.overeni else "false",
    }


def sale_key(data: Mapping[str, str], *, dialect: DialectSpec) -> tuple[str, ...]:
    """The values by which the server recognises one sale."""
    return tuple(data[name] for name in dialect.sale_key)


def attributes_xml(values: Mapping[str, str]) -> str:
    """Attributes without a namespace in canonical order and spelling, each with a space before it."""
    return "".join(f' {name}="{_attribute(values[name])}"' for name in sorted(values))


def text_xml(value: str) -> str:
    """Text in canonical spelling."""
    return escape(value, quote=False).replace("\r", "&#xD;")


def trzba_xml(data: Mapping[str, str], header: Header, *, dialect: DialectSpec, codes: str = "") -> str:
    """The Trzba element, already in exclusive canonical form: what is written is what is signed.

    `data` is sent to the character; `codes` is KontrolniKody in the same form. Raises MessageInvalid.
    """
    validate_data(data, dialect=dialect)
    head = header_attributes(header)
    check_attributes(head, HEADER_RULES)
    p = dialect.prefix
    return (
        f'<{p}:Trzba xmlns:{p}="{dialect.namespace}">'
        f"<{p}:Hlavicka{attributes_xml(head)}></{p}:Hlavicka>"
        f"<{p}:Data{attributes_xml(data)}></{p}:Data>{codes}"
        f"</{p}:Trzba>"
    )


def _attribute(value: str) -> str:
    if _NEEDS_ESCAPE.search(value) is None:
        return value
    for char, spelled in _ESCAPES:
        value = value.replace(char, spelled)
    return value
