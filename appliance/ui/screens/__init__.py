"""One module and one `.kv` file per screen."""

from appliance.ui.screens.base import TillScreen


def all_screens() -> tuple[type[TillScreen], ...]:
    """Imported late: their `.kv` files read the theme in use."""
    from appliance.ui.screens.data import DataScreen
    from appliance.ui.screens.eet import EetScreen
    from appliance.ui.screens.item_edit import ItemEditScreen
    from appliance.ui.screens.pay import PayScreen
    from appliance.ui.screens.pricelist import PricelistScreen
    from appliance.ui.screens.receipts import ReceiptsScreen
    from appliance.ui.screens.sale import SaleScreen
    from appliance.ui.screens.settings import SettingsScreen
    from appliance.ui.screens.status import StatusScreen
    from appliance.ui.screens.stock import StockScreen
    from appliance.ui.screens.stock_doc import StockDocScreen
    from appliance.ui.screens.sync import SyncScreen
    from appliance.ui.screens.till import TillPage

    return (
        SaleScreen, PayScreen, TillPage, ReceiptsScreen, PricelistScreen, ItemEditScreen, StatusScreen, SyncScreen,
        EetScreen, SettingsScreen, DataScreen, StockScreen, StockDocScreen,
    )  # fmt: skip
