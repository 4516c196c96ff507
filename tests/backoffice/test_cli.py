from pathlib import Path

import pytest

from backoffice.cli import EXIT_USAGE, main


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_password_file_that_cannot_be_read_gets_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    given = ["owner", "create", "majitel@obchod.cz", "--data-dir", str(tmp_path), "--password-file", str(file)]
    assert main(given) == EXIT_USAGE
    assert capsys.readouterr().err.startswith("the password cannot be read: ")
