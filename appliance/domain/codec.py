"""Frozen dataclasses to JSON text and back. Amounts and quantities travel as whole numbers of haléře, thousandths."""

import json
import types
import typing
from collections.abc import Callable, Set
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from appliance.domain.money import Money, Quantity
from appliance.domain.quick_reader import INTEGER_LIMIT, NotPlain, quick_reader

T = TypeVar("T")
COMPACT = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class CodecError(ValueError):
    """The text does not have the shape of the wanted dataclass; says where."""


def to_json(body: object) -> str:
    """Compact JSON text in the dataclass's own order of fields, non-ASCII kept as it is."""
    return COMPACT.encode(_to_plain(body))


def from_json(cls: type[T], text: str, *, loads: Callable[[str], Any] = json.loads) -> T:
    """The dataclass that `to_json` wrote. Raises CodecError on anything else. `loads` is another reader of JSON, one
    that raises a ValueError too."""
    try:
        plain = loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"not JSON: {error}") from error
    wanted: Any = cls
    try:
        value = quick_reader(wanted)(plain)
    except (NotPlain, LookupError, TypeError):
        value = _read_or_say_why(wanted, plain)
    assert isinstance(value, cls)
    return value


def _read_or_say_why(wanted: Any, plain: Any) -> Any:
    """What the quick reader leaves: fields that may be missing, and everything that is wrong."""
    try:
        return _reader(wanted)(plain)
    except _Unfit as error:
        raise CodecError(f"{wanted.__name__}{error.where}: expected {error.wanted}") from error


def _to_plain(value: object) -> Any:
    if isinstance(value, Money):
        return value.haler
    if isinstance(value, Quantity):
        return value.thousandths
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: _to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_to_plain(member) for member in value]
    if isinstance(value, dict):
        return {str(key): _to_plain(member) for key, member in value.items()}
    assert value is None or isinstance(value, (str, int, bool)), value
    return value


class _Unfit(Exception):
    """A value of another shape; `where` grows on the way up, from the value to the whole."""

    def __init__(self, wanted: str) -> None:
        super().__init__(wanted)
        self.wanted = wanted
        self.where = ""


Reader = Callable[[Any], Any]


@cache
def _reader(wanted: Any) -> Reader:
    """What reads a plain value into a type and says where it does not fit; made once per type."""
    origin = typing.get_origin(wanted)
    if origin in {types.UnionType, typing.Union}:
        return _optional_reader(wanted)
    if origin is tuple:
        return _tuple_reader(_reader(typing.get_args(wanted)[0]))
    if origin is dict:
        return _dict_reader(_reader(typing.get_args(wanted)[1]))
    if wanted in {Money, Quantity}:
        return _amount_reader(wanted)
    if is_dataclass(wanted):
        return _dataclass_reader(wanted)
    if issubclass(wanted, Enum):
        return _enum_reader(wanted)
    return _integer if wanted is int else _plain_reader(wanted)


def _integer(plain: Any) -> int:
    if type(plain) is int and -INTEGER_LIMIT <= plain < INTEGER_LIMIT:
        return plain
    raise _Unfit("a whole number of 64 bits")


def _amount_reader(wanted: type[Money] | type[Quantity]) -> Reader:
    def read(plain: Any) -> Any:
        if type(plain) is int and -INTEGER_LIMIT <= plain < INTEGER_LIMIT:
            return wanted(plain)
        raise _Unfit("a whole number of 64 bits")

    return read


def _plain_reader(wanted: type) -> Reader:
    def read(plain: Any) -> Any:
        if type(plain) is wanted:
            return plain
        raise _Unfit(wanted.__name__)

    return read


def _enum_reader(wanted: type[Enum]) -> Reader:
    members = {member.value: member for member in wanted}

    def read(plain: Any) -> Any:
        try:
            return members[plain]
        except (KeyError, TypeError):
            raise _Unfit(f"one of {', '.join(map(repr, members))}") from None

    return read


def _optional_reader(wanted: Any) -> Reader:
    options = typing.get_args(wanted)
    read_other = _reader(next(option for option in options if option is not type(None)))
    if type(None) not in options:
        return read_other
    return lambda plain: None if plain is None else read_other(plain)


def _tuple_reader(read_member: Reader) -> Reader:
    def read(plain: Any) -> Any:
        if type(plain) is not list:
            raise _Unfit("a list")
        found: list[Any] = []
        try:
            for each in plain:
                found.append(read_member(each))  # its length says where it went wrong
        except _Unfit as error:
            error.where = f"[{len(found)}]{error.where}"
            raise
        return tuple(found)

    return read


def _dict_reader(read_member: Reader) -> Reader:
    def read(plain: Any) -> Any:
        if type(plain) is not dict:
            raise _Unfit("an object")
        found: dict[str, Any] = {}
        for key, each in plain.items():
            try:
                found[key] = read_member(each)
            except _Unfit as error:
                error.where = f".{key}{error.where}"
                raise
        return found

    return read


def _dataclass_reader(wanted: Any) -> Reader:
    hints = typing.get_type_hints(wanted)
    readers = {field.name: _reader(hints[field.name]) for field in fields(wanted)}
    required = frozenset(f.name for f in fields(wanted) if f.default is MISSING and f.default_factory is MISSING)

    def read(plain: Any) -> Any:
        if type(plain) is not dict:
            raise _Unfit("an object")
        _check_keys(plain, known=readers.keys(), required=required)
        values: dict[str, Any] = {}
        name = ""
        try:
            for name, each in plain.items():  # in an error, where it went wrong
                values[name] = readers[name](each)
        except _Unfit as error:
            error.where = f".{name}{error.where}"
            raise
        return wanted(**values)

    return read


def _check_keys(plain: dict[str, Any], *, known: Set[str], required: Set[str]) -> None:
    if unknown := plain.keys() - known:
        raise _Unfit(f"no key {', '.join(sorted(unknown))}")
    if missing := required - plain.keys():
        raise _Unfit(f"the key {', '.join(sorted(missing))}")
