"""Where a key goes: the line being edited, the focused control, the dialog or screen, then the function keys."""

from typing import Any

from kivy.uix.widget import Widget

from appliance.ui.editing import TEXT, Editing, press
from appliance.ui.focus import MOVES, Focus
from appliance.ui.keyboard import Keyboard
from appliance.ui.keymap import key_of_char, key_of_scancode
from appliance.ui.widgets import Field

# Count once, however long they are held. Digits are not among them: SDL under X takes two quick presses of one key,
# as a scanner makes them, for one that is held, and a code must not lose its digits.
ONCE = frozenset({"enter", "+", "-", "*", "/", "esc", *(f"f{n}" for n in range(1, 13))})
FUNCTION_KEYS = {f"f{n}": n - 1 for n in range(1, 9)}


class Keys:
    """The one place that knows the order in which keys are offered."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.focus = Focus()
        self.field: Field | None = None
        self.keyboard: Keyboard | None = None
        self.held: list[str] | None = None
        self._swallow = False
        self._down: set[int] = set()

    def bind(self, window: Any) -> None:
        window.bind(on_key_down=self._key_down, on_key_up=self._key_up)
        window.bind(on_textinput=self._text_input, on_touch_down=self._touched)
        window.request_keyboard(lambda: None, self.app.frame)

    @property
    def text_mode(self) -> bool:
        return self.field is not None and self.field.kind == TEXT

    # ---- from the window

    def _key_down(self, _window: Any, _key: int, scancode: int, _text: str, modifiers: Any) -> bool:
        name = key_of_scancode(scancode, modifiers or (), text_mode=self.text_mode)
        self._swallow = name is not None  # the character of a key already understood says nothing new
        held = scancode in self._down
        self._down.add(scancode)
        if name is not None and (not held or name not in ONCE):
            self.press(name)
        return True

    def _key_up(self, _window: Any, _key: int, scancode: int) -> bool:
        self._down.discard(scancode)
        return False

    def _text_input(self, _window: Any, text: str) -> None:
        if self._swallow:
            return
        for char in text:
            name = key_of_char(char, text_mode=self.text_mode)
            if name is not None:
                self.press(name)

    def _touched(self, _window: Any, _touch: Any) -> bool:
        if self.held is not None:
            return True
        if self.focus.current is not None and not isinstance(self.focus.current, Field):
            self.focus.set(None)
        return False

    # ---- routing

    def press(self, key: str) -> None:
        if self.held is not None:
            if self.held or key.isdigit():  # a scan begins with a digit; a repeated Enter or + means nothing now
                self.held.append(key)
            return
        if self.field is not None and self._edit(key):
            return
        if self.focus.alive(self.app.layer) and self._focused(key):
            return
        taker = self.app.dialogs[-1] if self.app.dialogs else self.app.screen
        if taker is not None and taker.on_key(key):
            return
        if key in {"f9", "f10"} and not self.app.dialogs:
            self.app.menu() if key == "f9" else self.app.open("status")
        elif key in FUNCTION_KEYS and not self.app.dialogs:
            self.app.key_row.act(FUNCTION_KEYS[key])
        elif key in MOVES:
            self.move(key)
        elif key == "esc":
            self.app.back()

    def _focused(self, key: str) -> bool:
        """A key while a control has the focus; True when used."""
        control = self.focus.current
        if key in MOVES:
            self.move(key)
        elif key == "enter" and control is not None:
            control.tap()
        elif key == "esc":
            self.focus.set(None)
        else:
            if len(key) == 1:  # typing goes to the screen's own line, and so does the Enter after it
                self.focus.set(None)
            return False
        return True

    def hold(self) -> None:
        """From now on keys wait and touches are ignored."""
        self.held = []

    def release(self, *, play: bool) -> None:
        """Keys count again; those held are played or dropped."""
        held, self.held = self.held or [], None
        for key in held if play else ():
            self.press(key)

    def move(self, key: str) -> None:
        start = getattr(self.app.screen, "focus_start", lambda _key: None)(key) if not self.app.dialogs else None
        self.take(self.focus.move(self.app.layer, key, start=start))

    def take(self, control: Widget | None) -> None:
        """Give a control the focus; a field begins to be edited."""
        if control is None:
            return
        self.stop_editing()
        self.focus.set(control)
        if isinstance(control, Field):
            self.edit(control, by_touch=False)

    # ---- editing one field

    def edit(self, field: Field, *, by_touch: bool) -> None:
        """Type into this field; a finger also gets the on-screen keyboard."""
        if self.field is not field:
            self.stop_editing()
            self.field = field
            field.caret = len(field.value)
            field.editing = True
            self.focus.set(field)
        if by_touch and self.keyboard is None:
            self.keyboard = Keyboard(self.press, digits=field.kind != TEXT, label=field.label)
            self.app.frame.add_widget(self.keyboard)
            self._make_room()
            self._echo()

    def _make_room(self) -> None:
        """A search has its hits above the keyboard; a form's line is shown by the keyboard itself."""
        keyboard, frame = self.keyboard, self.app.frame
        covers = keyboard is not None and not keyboard.label and not self.app.dialogs
        frame.ids.holder.padding[3] = keyboard.height - frame.ids.key_row.height if covers else 0

    def stop_editing(self) -> None:
        if self.field is not None:
            self.field.editing = False
            self.field = None
        if self.keyboard is not None:
            self.app.frame.remove_widget(self.keyboard)
            self.keyboard = None
            self._make_room()

    def _edit(self, key: str) -> bool:
        """A key for the edited field; True when it was one."""
        field = self.field
        assert field is not None
        if key in {"enter", "esc"}:
            self.stop_editing()
            self.focus.set(None if key == "esc" else field)
            if key == "enter":
                field.dispatch("on_entered")
            return True
        if key in MOVES and key not in {"left", "right"}:
            self.focus.set(field)
            self.move(key)
            return True
        after = press(Editing(field.value, int(field.caret)), key, field.kind)
        if after is None:
            return False
        field.error = ""
        field.value, field.caret = after.value, after.caret
        self._echo()
        return True

    def _echo(self) -> None:
        if self.keyboard is not None and self.field is not None:
            self.keyboard.shown = self.field.shown
