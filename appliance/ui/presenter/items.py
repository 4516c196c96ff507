"""The price list in words, and the item form: texts of an item and back."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from appliance.domain.catalogue import Category, Item, ItemInvalid, check_item
from appliance.domain.fiscal import Reporting
from appliance.domain.money import NotAnAmount, format_amount, parse_amount
from appliance.domain.vat import VatClass
from appliance.i18n import _, plural
from appliance.ui.presenter.bill import code_text, price_text
from appliance.ui.presenter.words import vat_class_name

FIELDS = ("name", "price", "plu", "eans", "labels", "principal")


@dataclass(frozen=True)
class ItemRow:
    item_id: str
    name: str
    code: str
    category: str
    vat: str
    price: str
    labels: str

    @property
    def detail(self) -> str:
        return " · ".join(filter(None, (self.category, self.labels, self.code)))


@dataclass(frozen=True)
class ItemForm:
    """The form's texts; several EANs and labels are parted by spaces or commas."""

    name: str = ""
    price: str = ""
    plu: str = ""
    eans: str = ""
    labels: str = ""
    principal: str = ""
    vat_class: VatClass = VatClass.STANDARD
    category_id: str | None = None
    reporting: Reporting = Reporting.REPORTED
    stocked: bool = False


def count_text(n: int) -> str:
    return f"{n} {plural(n, _('položka'), _('položky'), _('položek'))}"


def category_name(category_id: str | None, categories: Sequence[Category]) -> str:
    for category in categories:
        if category.category_id == category_id:
            return category.name
    return _("bez kategorie")


def item_row(item: Item, categories: Sequence[Category]) -> ItemRow:
    return ItemRow(
        item_id=item.item_id,
        name=item.name,
        code=code_text(item),
        category=category_name(item.category_id, categories),
        vat=vat_class_name(item.vat_class),
        price=price_text(item),
        labels=labels_text(item.labels),
    )


def labels_text(labels: Sequence[str]) -> str:
    """`štítek pokl1`, `štítky pokl1, pokl2`, or nothing."""
    if not labels:
        return ""
    return f"{_('štítek') if len(labels) == 1 else _('štítky')} {', '.join(labels)}"


def form_of(item: Item) -> ItemForm:
    return ItemForm(
        name=item.name,
        price=format_amount(item.price) if item.price is not None else "",
        plu=item.plu,
        eans=" ".join(item.eans),
        labels=" ".join(item.labels),
        principal=item.principal,
        vat_class=item.vat_class,
        category_id=item.category_id,
        reporting=item.reporting,
        stocked=item.stocked,
    )


def words_of(text: str) -> tuple[str, ...]:
    """Codes or labels typed in one field, each once, in the order typed."""
    return tuple(dict.fromkeys(text.replace(",", " ").replace(";", " ").split()))


def item_of(form: ItemForm, before: Item) -> Item:
    """The item as the form says; an empty price is asked at the sale. Raises ItemInvalid."""
    try:
        price = parse_amount(form.price) if form.price.strip() else None
    except NotAnAmount:
        raise ItemInvalid("price", "not_amount") from None
    return check_item(
        replace(
            before,
            name=form.name.strip(),
            price=price,
            vat_class=form.vat_class,
            category_id=form.category_id,
            plu=form.plu.strip(),
            eans=words_of(form.eans),
            labels=words_of(form.labels),
            reporting=form.reporting,
            principal="".join(form.principal.split()).upper(),
            stocked=form.stocked,
        )
    )


def rebased(opened: Item, edited: Item, current: Item) -> Item:
    """What a person changed, put on the item as it is now: a synchronisation may have come while the form was open."""
    changes: dict[str, object] = {}
    for field in fields(Item):
        before, after, now = (getattr(item, field.name) for item in (opened, edited, current))
        if field.name in {"eans", "labels"}:
            kept = tuple(member for member in now if member in after or member not in before)
            changes[field.name] = kept + tuple(member for member in after if member not in before and member not in now)
        elif after != before:
            changes[field.name] = after
    return replace(current, **changes)  # type: ignore[arg-type] -- the values of an Item's own fields


def hidden_words(item: Item, scope: str) -> str:
    """What to ask before a label is saved that takes the item away from this till; '' when none does (S17)."""
    if not scope or scope in item.labels:
        return ""
    return _("Pokladna ukazuje jen položky se štítkem {label}. Bez něj tady položka po synchronizaci zmizí.").format(
        label=scope
    )


def stocked_name(*, stocked: bool, level: str = "") -> str:
    """`level` as in presenter.stock.level_text, '' when it is not known."""
    if not stocked:
        return _("bez skladu")
    return _("na skladě: {level}").format(level=level) if level else _("na skladě")
