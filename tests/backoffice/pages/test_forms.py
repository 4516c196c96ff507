import re

import pytest

from backoffice.app import PAGES
from tests.backoffice.house import Shop

FORMS = sorted(
    {route.path for room in PAGES for route in room.router.routes if "POST" in (getattr(route, "methods", None) or ())}
)


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_its_token_is_refused(shop: Shop, path: str) -> None:
    address = re.sub(r"\{[^}]+\}", "x", path)
    assert shop.browser.post(address, data={"csrf": "wrong", "id": "x"}).status_code == 403
