import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.virtual.escpos import COMMAND_BYTES_MAX, Command, Lexer


@pytest.mark.parametrize(
    ("data", "name", "args"),
    [
        (b"\x1b@", "ESC @", b""),
        (b"\x1bt\x12", "ESC t", b"\x12"),
        (b"\x1bp\x00\x32\xfa", "ESC p", b"\x00\x32\xfa"),
        (b"\x1b3\x20", "ESC 3", b"\x20"),
        (b"\x1b2", "ESC 2", b""),
        (b"\x1d!\x11", "GS !", b"\x11"),
        (b"\x1dV\x00", "GS V", b"\x00"),
        (b"\x1dV1", "GS V", b"1"),
        (b"\x1dVB\x10", "GS V", b"B\x10"),
        (b"\x1dk\x024006381333931\x00", "GS k", b"\x024006381333931\x00"),
        (b"\x1dkC\x0d4006381333931", "GS k", b"C\x0d4006381333931"),
        (b"\x1d(k\x05\x001P0ab", "GS (", b"k\x05\x001P0ab"),
        (b"\x1dv0\x00\x02\x00\x02\x00abcd", "GS v", b"0\x00\x02\x00\x02\x00abcd"),
        (b"\x1b*\x21\x02\x00abcdef", "ESC *", b"\x21\x02\x00abcdef"),
        (b"\x1bD\x08\x10\x00", "ESC D", b"\x08\x10\x00"),
        (b"\x10\x04\x01", "DLE EOT", b"\x01"),
        (b"\x10\x05\x02", "DLE ENQ", b"\x02"),
        (b"\x10\x14\x01\x00\x05", "DLE DC4", b"\x01\x00\x05"),
        (b"\x1c.", "FS .", b""),
        (b"\x1br\x01", "ESC r", b"\x01"),
        (b"\x1dr\x01", "GS r", b"\x01"),
    ],
)
def test_a_command_ends_where_the_manual_says(data: bytes, name: str, args: bytes) -> None:
    command, after = Lexer().feed(data + b"A")
    assert command == Command(name, args, len(data))
    assert after == Command("text", b"A", 1)


def test_a_question_is_not_seen_inside_the_data_of_a_code() -> None:
    commands = Lexer().feed(b"\x1d(k\x06\x001P0\x10\x04\x01\n")
    assert [command.name for command in commands] == ["GS (", "LF"]


def test_what_is_not_known_is_told_and_passed_over() -> None:
    commands = Lexer().feed(b"\x1b\xeeahoj\x01\n")
    assert [(command.name, command.args) for command in commands] == [
        ("unknown", b"\x1b\xee"),
        ("text", b"ahoj"),
        ("unknown", b"\x01"),
        ("LF", b""),
    ]


def test_a_length_beyond_reason_is_not_waited_for() -> None:
    commands = Lexer().feed(b"\x1dv0\x00\xff\xff\xff\xff" + b"A\n")
    assert commands[0].name == "unknown"
    assert commands[-1].name == "LF"


def test_a_bar_code_without_an_end_is_not_waited_for() -> None:
    lexer = Lexer()
    names = [command.name for _ in range(300) for command in lexer.feed(b"\x1dk\x02" if _ == 0 else b"7")]
    assert names[0] == "unknown"
    assert len(names) < COMMAND_BYTES_MAX


@given(st.lists(st.binary(max_size=20), max_size=20))
def test_the_portions_in_which_bytes_arrive_change_nothing(portions: list[bytes]) -> None:
    lexer = Lexer()
    piecewise = [command for portion in portions for command in lexer.feed(portion)]
    assert _joined(piecewise) == _joined(Lexer().feed(b"".join(portions)))


@given(st.lists(st.sampled_from([b"\x1b", b"\x1d", b"\x10", b"\x1c", b"k", b"(", b"v0", b"\x00", b"\x04", b"p", b"A"])))
def test_no_byte_is_lost_or_counted_twice(parts: list[bytes]) -> None:
    data = b"".join(parts)
    used = sum(command.size for command in Lexer().feed(data))
    assert used <= len(data)
    assert Lexer().feed(data[used:]) == [], "what is left is the beginning of one unfinished command"


def _joined(commands: list[Command]) -> list[tuple[str, bytes]]:
    """Neighbouring text joined: it is passed on as it arrives."""
    joined: list[tuple[str, bytes]] = []
    for command in commands:
        if command.name == "text" and joined and joined[-1][0] == "text":
            joined[-1] = ("text", joined[-1][1] + command.args)
        else:
            joined.append((command.name, command.args))
    return joined
