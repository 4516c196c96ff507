"""One item of the price list: its fields, saved whole; only what changed is journalled."""

from dataclasses import replace
from typing import Any, ClassVar

from kivy.properties import BooleanProperty, StringProperty

from appliance.domain.catalogue import Item, ItemInvalid
from appliance.domain.fiscal import Reporting
from appliance.domain.vat import VatClass
from appliance.i18n import _
from appliance.service import catalogue, settings, stock
from appliance.ui.dialogs import Choice, ChoiceDialog
from appliance.ui.presenter.items import (
    FIELDS,
    ItemForm,
    category_name,
    form_of,
    hidden_words,
    item_of,
    rebased,
    stocked_name,
)
from appliance.ui.presenter.stock import level_text
from appliance.ui.presenter.words import item_rule, reporting_name, vat_class_name
from appliance.ui.screens.base import TillScreen
from appliance.ui.widgets import Field, load_kv

NO_CATEGORY = ""


class ItemEditScreen(TillScreen):
    """`stored`: the item is in the price list already, so it can be deleted."""

    name: ClassVar[str] = "item_edit"
    title = StringProperty("")
    back_caption = StringProperty("")
    save_caption = StringProperty("")
    delete_caption = StringProperty("")
    delete_reason = StringProperty("")
    price_placeholder = StringProperty("")
    eans_placeholder = StringProperty("")
    labels_placeholder = StringProperty("")
    principal_placeholder = StringProperty("")
    stored = BooleanProperty(False)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.back_caption, self.save_caption, self.delete_caption = _("Zpět"), _("Uložit"), _("Smazat")
        self.delete_reason = _("Nová položka ještě není v ceníku.")
        self.price_placeholder, self.labels_placeholder = _("zeptat se při prodeji"), _("žádné")
        self.eans_placeholder = _("bez kódu; více kódů oddělte mezerou")
        self.principal_placeholder = _("za sebe")
        labels = (
            _("Název"), _("Cena s DPH"), _("PLU"), _("EAN"), _("Štítky"), _("Prodej za poplatníka (EIČ)"),
        )  # fmt: skip
        for name, label in zip(FIELDS, labels, strict=True):
            self.ids[name].label = label
        self.ids.category.hint, self.ids.vat.hint = _("Kategorie"), _("Sazba DPH")
        self.ids.reporting.hint, self.ids.stocked.hint = _("Evidence tržby"), _("Skladová zásoba")
        self.item: Item | None = None
        self.form = ItemForm()
        self.level = ""

    def enter(self, *, item: Item | None = None, **_given: Any) -> None:
        """Without an item, a new one."""
        self.stored = item is not None
        scope = settings.till_settings(self.app.shop).scope
        self.item = item or Item(self.app.shop.new_id(), "", None, VatClass.STANDARD, labels=(scope,) if scope else ())
        self.title = self.item.name if self.stored else _("Nová položka")
        self.form = form_of(self.item)
        level = stock.level(self.app.shop, self.item.item_id) if self.stored else None
        self.level = level_text(level, self.item.unit) if level is not None else ""
        for name in FIELDS:
            self.ids[name].value, self.ids[name].error = getattr(self.form, name), ""
        self._show_choices()

    def _show_choices(self) -> None:
        self.ids.category.caption = category_name(self.form.category_id, catalogue.categories(self.app.shop))
        self.ids.vat.caption = vat_class_name(self.form.vat_class)
        self.ids.reporting.caption = reporting_name(self.form.reporting)
        self.ids.stocked.caption = stocked_name(stocked=self.form.stocked, level=self.level)
        self.ids.stocked.active = self.form.stocked

    def edit(self, field: Field) -> None:
        self.app.keys.edit(field, by_touch=True)

    def next(self, field: Field) -> None:
        """Enter in a field goes on to the next one."""
        at = [self.ids[name] for name in FIELDS].index(field)
        if at + 1 < len(FIELDS):
            self.app.keys.take(self.ids[FIELDS[at + 1]])
        else:
            self.save()

    def ask_category(self) -> None:
        self.app.keys.stop_editing()
        choices = [
            Choice(NO_CATEGORY, category_name(None, ()), tag="category:none", active=self.form.category_id is None)
        ]
        choices += [
            Choice(
                c.category_id, c.name, tag=f"category:{c.category_id}", active=c.category_id == self.form.category_id
            )
            for c in catalogue.categories(self.app.shop)
        ]

        def done(category_id: str) -> None:
            self.form = replace(self.form, category_id=category_id or None)
            self._show_choices()

        self.app.ask(ChoiceDialog(title=_("Kategorie"), choices=choices, done=done, columns=2, wide=True))

    def ask_vat(self) -> None:
        self.app.keys.stop_editing()
        choices = [
            Choice(vat, vat_class_name(vat), tag=f"vat:{vat}", active=vat == self.form.vat_class) for vat in VatClass
        ]

        def done(vat_class: VatClass) -> None:
            self.form = replace(self.form, vat_class=vat_class)
            self._show_choices()

        self.app.ask(ChoiceDialog(title=_("Sazba DPH"), choices=choices, done=done))

    def ask_reporting(self) -> None:
        self.app.keys.stop_editing()
        choices = [
            Choice(
                reporting,
                reporting_name(reporting),
                tag=f"reporting:{reporting}",
                active=reporting == self.form.reporting,
            )
            for reporting in Reporting
        ]

        def done(reporting: Reporting) -> None:
            self.form = replace(self.form, reporting=reporting)
            self._show_choices()

        self.app.ask(ChoiceDialog(title=_("Evidence tržby"), choices=choices, done=done))

    def save(self) -> None:
        assert self.item is not None
        self.app.keys.stop_editing()
        self.form = replace(self.form, **{name: self.ids[name].value for name in FIELDS})
        try:
            item = item_of(self.form, self.item)
        except ItemInvalid as error:
            self.ids[error.field].error = item_rule(error.field, error.rule)
            self.app.keys.take(self.ids[error.field])
            return
        words = hidden_words(item, settings.till_settings(self.app.shop).scope) if self.stored else ""
        if words and item.labels != self.item.labels:
            self.ask_hidden(item, words)
        else:
            self.write(item)

    def ask_hidden(self, item: Item, words: str) -> None:
        """Labels that take the item away from this till: rarely what is meant, so it is asked."""
        label = settings.till_settings(self.app.shop).scope

        def done(answer: str) -> None:
            self.write(replace(item, labels=(*item.labels, label)) if answer == "add" else item)

        choices = (
            Choice("add", _("Přidat štítek {label}").format(label=label), tag="labels.add"),
            Choice("hide", _("Uložit bez něj"), tag="labels.hide"),
        )
        self.app.ask(ChoiceDialog(title=_("Položka odsud zmizí"), message=words, choices=choices, done=done, wide=True))

    def write(self, item: Item) -> None:
        """Only what was changed here is written; what a synchronisation has brought meanwhile stays."""
        opened, shop = self.item, self.app.shop
        assert opened is not None

        def save() -> None:
            current = catalogue.load_items(shop, [item.item_id])  # one that has left is refused by save_item
            catalogue.save_item(shop, rebased(opened, item, current[0]) if current else item)

        self.app.write(save, lambda _: self._done(item, saved=True))

    def turn_stocked(self) -> None:
        self.app.keys.stop_editing()
        self.form = replace(self.form, stocked=not self.form.stocked)
        self._show_choices()

    def ask_delete(self) -> None:
        item = self.item
        assert item is not None
        self.app.ask(
            ChoiceDialog(
                title=_("Smazat položku?"), message=item.name, done=lambda _: self.delete(item),
                choices=(Choice("delete", _("Smazat z ceníku"), tag="item.delete_confirm"),),
            )
        )  # fmt: skip

    def delete(self, item: Item) -> None:
        self.app.write(
            lambda: catalogue.delete_item(self.app.shop, item.item_id), lambda _: self._done(item, saved=False)
        )

    def _done(self, item: Item, *, saved: bool) -> None:
        words = _("Uloženo: {name}") if saved else _("Smazáno: {name}")
        self.app.say(words.format(name=item.name), "good")
        if self.app.screen is self:
            self.back()

    def back(self) -> None:
        self.app.open("pricelist", keep=True)

    def on_key(self, key: str) -> bool:
        if key == "esc":
            self.back()
        elif key in {"enter", "down", "tab"}:
            self.app.keys.take(self.ids.name)
        else:
            return False
        return True


load_kv(__file__)
