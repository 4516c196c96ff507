"""Builds everything; the only room that knows all the others.

Only here a database is opened, a concrete driver named or a secret read.
"""

from appliance.bootstrap.backoffice import pair
from appliance.bootstrap.backup import Restored, backup_plan, open_found, restore_backup
from appliance.bootstrap.certificates import import_certificate, sync_is_running, trust_folder, wake_sync
from appliance.bootstrap.factory_reset import factory_reset
from appliance.bootstrap.processes import run_backoffice, run_print, run_sync, run_ui
from appliance.bootstrap.shop import SetupError, new_epoch, open_shop

__all__ = [
    "Restored",
    "SetupError",
    "backup_plan",
    "factory_reset",
    "import_certificate",
    "new_epoch",
    "open_found",
    "open_shop",
    "pair",
    "restore_backup",
    "run_backoffice",
    "run_print",
    "run_sync",
    "run_ui",
    "sync_is_running",
    "trust_folder",
    "wake_sync",
]
