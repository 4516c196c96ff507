"""Keys are made once for the whole room; everything else a test builds itself."""

from pathlib import Path

import pytest

from appliance.eet.certificate import Trust, load_anchors, load_p12, load_pem
from appliance.eet.sandbox.ca import make_sandbox_material
from tests.appliance.eet.material import AT, Office


@pytest.fixture(scope="session")
def material_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("eet")


@pytest.fixture(scope="session")
def office(material_dir: Path) -> Office:
    files = make_sandbox_material(material_dir, eic="CZ00000019", host="127.0.0.1", at=AT)
    return Office(
        files=files,
        till=load_p12(files.till_p12.read_bytes(), files.till_password.read_text().strip(), at=AT),
        signer=load_pem((material_dir / "private" / "answer.pem").read_bytes()),
        trust=Trust(load_anchors([files.answer_ca.read_bytes()]), files.signer),
    )
