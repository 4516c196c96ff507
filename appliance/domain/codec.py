"""Frozen dataclasses to JSON text and back. Amounts and quantities travel as whole numbers of haléře, thousandths."""

import json
import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, TypeVar

from appliance.domain.money import Money, Quantity

T = TypeVar("T")
INTEGER_LIMIT = 2**63  # what a database column holds


class CodecError(ValueError):
    """The text does not have the shape of the wanted dataclass; says where."""


def to_json(body: object) -> str:
    """Compact JSON text in the dataclass's own order of fields, non-ASCII kept as it is."""
    return json.dumps(_to_plain(body), ensure_ascii=False, separators=(",", ":"))


def from_json(cls: type[T], text: str) -> T:
    """The dataclass that `to_json` wrote. Raises CodecError on anything else."""
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CodecError(f"not JSON: {error}") from error
    value = _from_plain(cls, plain, cls.__name__)
    assert isinstance(value, cls)
    return value


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


@cache
def _shape(cls: type) -> dict[str, tuple[Any, bool]]:
    """Per field: its type and whether it must be there."""
    hints = typing.get_type_hints(cls)
    return {f.name: (hints[f.name], f.default is MISSING and f.default_factory is MISSING) for f in fields(cls)}


def _from_plain(wanted: Any, plain: Any, where: str) -> Any:
    origin = typing.get_origin(wanted)
    if origin in {types.UnionType, typing.Union}:
        members = typing.get_args(wanted)
        if plain is None and type(None) in members:
            return None
        return _from_plain(next(m for m in members if m is not type(None)), plain, where)
    if origin is tuple:
        _expect(isinstance(plain, list), where, "a list")
        member = typing.get_args(wanted)[0]
        return tuple(_from_plain(member, each, f"{where}[{i}]") for i, each in enumerate(plain))
    if origin is dict:
        _expect(isinstance(plain, dict), where, "an object")
        member = typing.get_args(wanted)[1]
        return {key: _from_plain(member, each, f"{where}.{key}") for key, each in plain.items()}
    if wanted in {Money, Quantity}:
        return wanted(_integer(plain, where))
    if is_dataclass(wanted):
        return _dataclass_from_plain(wanted, plain, where)
    if issubclass(wanted, Enum):
        try:
            return wanted(plain)
        except ValueError as error:
            raise CodecError(f"{where}: {error}") from error
    if wanted is int:
        return _integer(plain, where)
    _expect(type(plain) is wanted, where, wanted.__name__)
    return plain


def _integer(plain: Any, where: str) -> int:
    _expect(type(plain) is int and -INTEGER_LIMIT <= plain < INTEGER_LIMIT, where, "a whole number of 64 bits")
    return int(plain)


def _dataclass_from_plain(wanted: Any, plain: Any, where: str) -> Any:
    _expect(isinstance(plain, dict), where, "an object")
    shape = _shape(wanted)
    unknown = plain.keys() - shape.keys()
    _expect(not unknown, where, f"no key {', '.join(sorted(unknown))}")
    missing = {name for name, (_, required) in shape.items() if required} - plain.keys()
    _expect(not missing, where, f"the key {', '.join(sorted(missing))}")
    return wanted(**{name: _from_plain(shape[name][0], each, f"{where}.{name}") for name, each in plain.items()})


def _expect(holds: bool, where: str, what: str) -> None:  # noqa: FBT001 -- a condition, read in place
    if not holds:
        raise CodecError(f"{where}: expected {what}")
