"""A function for each dataclass that reads it from plain JSON values by straight-line code, made of its type hints.

A server reads thousands of documents a second, and most of that is asking again and again what a field must be. Here
that is asked once, as `dataclasses` itself does for `__init__`. It only knows whole and right values: for anything else
it raises NotPlain, and `codec` reads again, slowly, to say what is wrong and where.
"""

import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from appliance.domain.money import Money, Quantity

INTEGER_LIMIT = 2**63  # what a database column holds

Read = Callable[[Any], Any]


class NotPlain(Exception):
    """The value is not whole, or not of the wanted shape."""


@cache
def quick_reader(wanted: Any) -> Read:
    return _Writing(wanted).function()


def _is_nested(wanted: Any) -> bool:
    return is_dataclass(wanted) and wanted not in {Money, Quantity}


class _Writing:
    """The text of one function and the names it uses. Only names of fields go into the text, never a value."""

    def __init__(self, wanted: Any) -> None:
        self._wanted = wanted
        self._names: dict[str, Any] = {"NotPlain": NotPlain, "wanted": wanted, "new": object.__new__}
        self._lines: list[str] = []

    def function(self) -> Read:
        hints = typing.get_type_hints(self._wanted)
        names = [field.name for field in fields(self._wanted)]
        assert all(name.isidentifier() for name in names)
        self._add(1, f"if type(plain) is not dict or len(plain) != {len(names)}: raise NotPlain")
        for name in names:
            self._add(1, f"f_{name} = plain[{name!r}]")
            self._value(1, f"f_{name}", hints[name])
        if hasattr(self._wanted, "__post_init__") or hasattr(self._wanted, "__slots__"):
            self._add(1, f"return wanted({', '.join(f'{name}=f_{name}' for name in names)})")
        else:
            # A frozen dataclass sets each field through `object.__setattr__`, which takes longer than reading it;
            # without checks of its own the values may as well be put in at once, as `copy` and `pickle` do.
            self._add(1, "made = new(wanted)")
            self._add(1, f"made.__dict__.update({', '.join(f'{name}=f_{name}' for name in names)})")
            self._add(1, "return made")
        text = "\n".join(("def read(plain):", *self._lines))
        exec(text, self._names)  # noqa: S102 - see the class
        read: Read = self._names["read"]
        return read

    def _value(self, depth: int, name: str, wanted: Any) -> None:
        """Lines that check the variable `name` and leave in it what was read."""
        origin = typing.get_origin(wanted)
        if origin in {types.UnionType, typing.Union}:
            (inner,) = (option for option in typing.get_args(wanted) if option is not types.NoneType)
            self._add(depth, f"if {name} is not None:")
            self._value(depth + 1, name, inner)
        elif origin is tuple:
            self._add(depth, f"if type({name}) is not list: raise NotPlain")
            self._add(depth, f"{name} = tuple([{self._member(wanted, 0)}(each) for each in {name}])")
        elif origin is dict:
            self._add(depth, f"if type({name}) is not dict: raise NotPlain")
            self._add(depth, f"{name} = {{key: {self._member(wanted, 1)}(each) for key, each in {name}.items()}}")
        elif _is_nested(wanted):
            self._add(depth, f"{name} = {self._name(quick_reader(wanted))}({name})")
        else:
            self._plain(depth, name, wanted)

    def _plain(self, depth: int, name: str, wanted: Any) -> None:
        if wanted in {Money, Quantity, int}:
            self._add(depth, f"if type({name}) is not int or not {-INTEGER_LIMIT} <= {name} < {INTEGER_LIMIT}:")
            self._add(depth + 1, "raise NotPlain")
            if wanted is not int:
                (field,) = fields(wanted)
                put = getattr(wanted, field.name).__set__  # its slot, which takes a third of the time of __init__
                self._add(depth, f"amount = new({self._name(wanted)})")
                self._add(depth, f"{self._name(put)}(amount, {name})")
                self._add(depth, f"{name} = amount")
        elif wanted in {str, bool}:
            self._add(depth, f"if type({name}) is not {wanted.__name__}: raise NotPlain")
        else:
            members = {member.value: member for member in wanted}
            self._add(depth, f"{name} = {self._name(members)}[{name}]")

    def _member(self, wanted: Any, index: int) -> str:
        """The name of what reads a member of a tuple or a dict."""
        member = typing.get_args(wanted)[index]
        if _is_nested(member):
            return self._name(quick_reader(member))
        writing = _Writing(member)
        writing._value(1, "plain", member)
        writing._add(1, "return plain")
        exec("\n".join(("def read(plain):", *writing._lines)), writing._names)  # noqa: S102 - see the class
        return self._name(writing._names["read"])

    def _name(self, value: object) -> str:
        name = f"n{len(self._names)}"
        self._names[name] = value
        return name

    def _add(self, depth: int, line: str) -> None:
        self._lines.append("    " * depth + line)
