import pytest

from drivers.ports import QR_BYTES_MAX, Ean, Feed, PrinterFailure, Qr, is_ean


@pytest.mark.parametrize("code", ["4006381333931", "9780201379624", "40170725", "96385074"])
def test_a_code_with_its_check_digit_is_an_ean(code: str) -> None:
    assert is_ean(code)
    assert Ean(code).code == code


@pytest.mark.parametrize("code", ["4006381333932", "40170726", "400638133393", "", "4006381333a31", "４０１７０７２５"])
def test_anything_else_is_refused_before_it_reaches_a_printer(code: str) -> None:
    with pytest.raises(ValueError, match="neither EAN-13 nor EAN-8"):
        Ean(code)


def test_a_qr_code_is_bounded_by_bytes_not_characters() -> None:
    assert Qr("ž" * (QR_BYTES_MAX // 2)).data
    for data in ("", "ž" * (QR_BYTES_MAX // 2 + 1)):
        with pytest.raises(ValueError, match="bytes"):
            Qr(data)


@pytest.mark.parametrize("lines", [0, -1, 256])
def test_a_feed_is_between_one_line_and_what_one_command_can_do(lines: int) -> None:
    with pytest.raises(ValueError, match="feed"):
        Feed(lines)


def test_a_failure_says_its_kind_and_detail() -> None:
    failure = PrinterFailure("paper_out", "no roll")
    assert (failure.kind, failure.detail, str(failure)) == ("paper_out", "no roll", "paper_out: no roll")
