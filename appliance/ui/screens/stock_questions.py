"""The questions around stock documents: where to, why, how much of an item."""

from collections.abc import Callable
from typing import Any

from appliance.domain.catalogue import Item
from appliance.domain.money import Quantity, format_quantity
from appliance.domain.stock import MoveKind, StockDraft
from appliance.i18n import _
from appliance.service import settings
from appliance.ui.dialogs import Choice, ChoiceDialog, NumberDialog, TextDialog
from appliance.ui.presenter.data import warehouse_name
from appliance.ui.presenter.stock import kind_name, level_text, quantity_typed, stock_error

OWN_WORDS = object()


def begin(app: Any, kind: MoveKind, item_id: str = "") -> None:
    """Ask what the document needs, then open it, with this item if any; a document begun before goes on."""
    begun = app.screens["stock_doc"].begun
    if begun is not None:
        app.open("stock_doc", draft=begun, item_id=item_id)
        return
    draft = StockDraft(kind, settings.till_settings(app.shop).warehouse_id)
    ask = {MoveKind.TRANSFER: _ask_where_to, MoveKind.WRITE_OFF: _ask_why}.get(kind)
    if ask is None:
        app.open("stock_doc", draft=draft, item_id=item_id)
    else:
        ask(app, lambda **said: app.open("stock_doc", draft=_with(draft, said), item_id=item_id))


def _with(draft: StockDraft, said: dict[str, str]) -> StockDraft:
    return StockDraft(draft.kind, draft.warehouse_id, draft.lines, said.get("to_warehouse", ""), said.get("note", ""))


def _ask_where_to(app: Any, then: Callable[..., None]) -> None:
    known = settings.warehouses(app.shop)
    here = settings.till_settings(app.shop).warehouse_id
    choices = [
        Choice(each.warehouse_id, warehouse_name(each.warehouse_id, known), tag=f"to:{each.warehouse_id}")
        for each in known
        if each.warehouse_id != here
    ]
    if not choices:
        app.say(_("Není kam převést, jiný sklad tu není. Založí se v Backoffice."))
        return
    app.ask(
        ChoiceDialog(title=_("Převést do skladu"), choices=choices, done=lambda to: then(to_warehouse=to), wide=True)
    )


def _ask_why(app: Any, then: Callable[..., None]) -> None:
    ready = (_("Prošlé zboží"), _("Poškozené zboží"), _("Vlastní spotřeba"), _("Ztráta nebo krádež"))
    choices = [Choice(reason, reason, tag=f"reason:{number}") for number, reason in enumerate(ready, 1)]
    choices.append(Choice(OWN_WORDS, _("Jiný důvod…"), tag="reason:own"))

    def chosen(reason: Any) -> None:
        if reason is OWN_WORDS:
            app.ask(TextDialog(app=app, title=_("Důvod odpisu"), done=lambda text: then(note=text)))
        else:
            then(note=reason)

    app.ask(ChoiceDialog(title=_("Důvod odpisu"), choices=choices, done=chosen, wide=True, columns=2))


def ask_note(app: Any, draft: StockDraft, then: Callable[[str], None]) -> None:
    """A note, such as the number of a delivery note; a write-off must have one."""
    optional = {} if draft.kind is MoveKind.WRITE_OFF else {"wrong": lambda _text: ""}
    title = _("Důvod odpisu") if draft.kind is MoveKind.WRITE_OFF else _("Poznámka na doklad")
    app.ask(TextDialog(app=app, title=title, done=then, value=draft.note, **optional))


def ask_quantity(
    app: Any, draft: StockDraft, item: Item, *, known: Quantity, then: Callable[[Quantity | None], None]
) -> None:
    """How much; None when the line is to be taken away."""
    held = draft.line(item.item_id)
    before = held.known if held is not None else known

    def done(text: str, _unit: str) -> None:
        then(quantity_typed(text, draft.kind))

    dialog = NumberDialog(
        title=item.name,
        message=_("{kind} · ve skladu {known}").format(kind=kind_name(draft.kind), known=level_text(before, item.unit)),
        done=done,
        refused=stock_error,
        value=format_quantity(held.quantity) if held is not None else "",
        units=(item.unit.value,),
    )

    def remove() -> None:
        dialog.close()
        then(None)

    if held is not None:
        dialog.button(_("Odebrat"), "stock.remove", remove, "danger")
    app.ask(dialog)


def ask_to_discard(app: Any, draft: StockDraft, then: Callable[[], None]) -> None:
    app.ask(
        ChoiceDialog(
            title=_("Zahodit rozepsaný doklad?"),
            message=_("{kind}: nic z něj se neuloží.").format(kind=kind_name(draft.kind)),
            choices=(Choice("discard", _("Zahodit"), tag="stock.discard_confirm"),),
            done=lambda _: then(),
        )
    )
