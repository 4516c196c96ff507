"""What was typed into a form of ours: read once, proven to be ours, bounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from backoffice.pages.signed_in import SignedIn, check_form

TEXT_CHARS_MAX = 20_000
"""Of one field: more than the registers of an item with as many codes and labels as it can have. What is longer is cut,
and then refused where it is too long for what it is."""
SECRETS = frozenset({"csrf"})


@dataclass(frozen=True)
class Typed:
    """Field → its texts, without what no database keeps."""

    fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        return next(iter(self.fields.get(name, ())), "")

    def line(self, name: str) -> str:
        return one_line(self.one(name))

    def all(self, name: str) -> tuple[str, ...]:
        return self.fields.get(name, ())

    def has(self, name: str) -> bool:
        return name in self.fields


def one_line(text: str) -> str:
    """Words with one space between them."""
    return " ".join(text.split())


async def _typed(request: Request, session: SignedIn) -> Typed:
    """Raises FormRefused."""
    form = await request.form()
    fields: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value.replace("\0", "").strip()[:TEXT_CHARS_MAX])
    check_form(session, next(iter(fields.get("csrf", ())), ""))
    return Typed({name: tuple(texts) for name, texts in fields.items() if name not in SECRETS})


Form = Annotated[Typed, Depends(_typed)]
