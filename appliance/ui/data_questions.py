"""The questions of *Data a synchronizace*: each says what will happen before it happens."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from appliance.domain.pricelist import ApplyWhen, TillSettings
from appliance.i18n import _
from appliance.service import settings
from appliance.ui.dialogs import Choice, ChoiceDialog, TextDialog
from appliance.ui.pairing import ask_to_pair
from appliance.ui.presenter.data import (
    apply_detail,
    apply_name,
    label_error,
    scope_words,
    switch_words,
    warehouse_name,
)

ALL, OTHER = object(), object()
"""No texts: a label may be any word."""


def ask(app: Any, name: str, then: Callable[[], None]) -> None:
    """The question behind one row; `then` when something was changed."""
    {
        "pairing": lambda: ask_to_pair(app),
        "sync": lambda: _ask_sync(app, then),
        "scope": lambda: _ask_scope(app, then),
        "apply": lambda: _ask_apply(app, then),
        "warehouse": lambda: _ask_warehouse(app, then),
    }[name]()


def _save(app: Any, then: Callable[[], None], words: str, **changes: Any) -> None:
    """Only these settings: the Backoffice may have changed others while the question was open."""

    def saved(_nothing: None) -> None:
        app.say(words, "good")
        then()

    def save() -> None:
        settings.save_settings(app.shop, replace(settings.till_settings(app.shop), **changes))

    app.write(save, saved)


def _ask_sync(app: Any, then: Callable[[], None]) -> None:
    """S14"""
    on = not settings.item_sync_is_on(app.shop)
    title, message = switch_words(on=on)

    def done(_chosen: str) -> None:
        app.write(lambda: settings.switch_item_sync(app.shop, on=on), switched)

    def switched(_nothing: None) -> None:
        app.say(_("Synchronizace položek je zapnutá.") if on else _("Synchronizace položek je vypnutá."), "good")
        app.refresh()
        then()

    caption = _("Zapnout") if on else _("Vypnout")
    app.ask(
        ChoiceDialog(
            title=title, message=message, choices=(Choice("yes", caption, tag="sync.switch"),), done=done, wide=True
        )
    )


def _ask_scope(app: Any, then: Callable[[], None]) -> None:
    """S17: all items, those of a label known, or of another one."""
    now = settings.till_settings(app.shop)
    choices = [Choice(ALL, _("Všechny položky"), tag="scope:all", active=not now.scope)]
    if now.label:
        words = _("Jen se štítkem {label}").format(label=now.label)
        choices.append(Choice(now.label, words, tag="scope:label", active=bool(now.scope)))
    choices.append(Choice(OTHER, _("Jiný štítek…") if now.label else _("Jen s tímto štítkem…"), tag="scope:other"))

    def done(chosen: Any) -> None:
        if chosen == OTHER:
            _ask_label(app, now, then)
        elif chosen == ALL:
            _confirm_scope(app, then, restricted=False)
        else:
            _confirm_scope(app, then, label=now.label, restricted=True)

    message = _("Které položky má tato pokladna ukazovat? Štítek si zvolte, třeba pokl1.")
    app.ask(
        ChoiceDialog(title=_("Omezit synchronizaci položek"), message=message, choices=choices, done=done, wide=True)
    )


def _ask_label(app: Any, now: TillSettings, then: Callable[[], None]) -> None:
    app.ask(
        TextDialog(
            app=app, title=_("Štítek této pokladny"), message=_("Jedno slovo, stejné jako u položek, třeba pokl1."),
            value=now.label, wrong=label_error,
            done=lambda label: _confirm_scope(app, then, label=label, restricted=True),
        )
    )  # fmt: skip


def _confirm_scope(app: Any, then: Callable[[], None], **changes: Any) -> None:
    now = settings.till_settings(app.shop)
    wanted = replace(now, **changes)
    if wanted == now:
        return
    words = _("Pokladna teď ukazuje jen položky se štítkem {label}.").format(label=wanted.scope)
    said = words if wanted.scope else _("Pokladna teď ukazuje všechny položky.")
    message = scope_words(now, wanted.scope)

    def done(_chosen: str) -> None:
        _save(app, lambda: _scope_saved(app, then), said, **changes)

    caption = _("Omezit na {label}").format(label=wanted.scope) if wanted.scope else _("Zrušit omezení")
    app.ask(
        ChoiceDialog(
            title=_("Omezit synchronizaci položek"), message=message, done=done, wide=True,
            choices=(Choice("yes", caption, tag="scope.confirm"),),
        )
    )  # fmt: skip


def _scope_saved(app: Any, then: Callable[[], None]) -> None:
    """Who restricts a till wants to see it: the pull follows at once."""
    if settings.item_sync_is_on(app.shop):
        app.start_sync()
    then()


def _ask_apply(app: Any, then: Callable[[], None]) -> None:
    now = settings.till_settings(app.shop)
    choices = [
        Choice(
            when,
            apply_name(when).capitalize(),
            hint=apply_detail(when),
            tag=f"apply:{when}",
            active=when == now.apply_when,
        )
        for when in ApplyWhen
    ]

    def done(when: ApplyWhen) -> None:
        words = _("Změny ceníku se teď projeví: {when}.").format(when=apply_name(when))
        _save(app, then, words, apply_when=when)

    app.ask(
        ChoiceDialog(
            title=_("Kdy se změny ceníku projeví"), choices=choices, done=done, wide=True,
            message=_("Řádky na rozpracovaném účtu si cenu nechají vždy."),
        )
    )  # fmt: skip


def _ask_warehouse(app: Any, then: Callable[[], None]) -> None:
    now, found = settings.till_settings(app.shop), settings.warehouses(app.shop)
    if not found and not now.warehouse_id:
        app.say(_("Sklad zatím nikdo nezaložil. Přidejte ho v Backoffice › Sklady a synchronizujte."))
        return
    choices = [Choice("", _("Žádný"), tag="warehouse:none", active=not now.warehouse_id)]
    choices += [
        Choice(
            warehouse.warehouse_id, warehouse.name, hint=warehouse.branch, tag=f"warehouse:{warehouse.warehouse_id}",
            active=warehouse.warehouse_id == now.warehouse_id,
        )
        for warehouse in found
    ]  # fmt: skip

    def done(warehouse_id: str) -> None:
        name = warehouse_name(warehouse_id, found) or _("žádný")
        _save(app, then, _("Sklad této pokladny: {name}.").format(name=name), warehouse_id=warehouse_id)

    app.ask(
        ChoiceDialog(
            title=_("Sklad této pokladny"), message=_("Ze kterého skladu se odečítá zboží prodané tady?"),
            choices=choices, done=done, wide=True, columns=2,
        )
    )  # fmt: skip
