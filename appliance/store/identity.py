"""A device that becomes another till, or goes on from a backup: the rows that say who it is."""

from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.journal import Kind
from appliance.store.settings import load_settings, put_settings
from appliance.store.tables import Tables

ID_POKL = "id_pokl"  # the name in EET of the till whose place was taken; counts before the settings file


def is_fresh(tables: Tables) -> bool:
    """Nothing but the opening of its first epoch was ever written."""
    j = tables.journal
    written = j.select(j.row).where(j.kind != Kind.EPOCH_OPENED.value).limit(1).scalar()
    sold = tables.shift.select(tables.shift.shift_id).limit(1).scalar()
    return written is None and sold is None and tables.journal.select(j.row).count() <= 1


def become(tables: Tables, *, till_id: str, prefix: str, id_pokl: str) -> None:
    """A fresh device takes another till's name; the opening of its own journal, which says nothing, goes."""
    tables.journal.delete().execute()
    tables.used_series.delete().execute()
    tables.till.update(till_id=till_id, prefix=prefix, epoch="", series="", head_seq=0, acked_row=0).where(
        tables.till.id == 1
    ).execute()
    put_settings(tables, {ID_POKL: id_pokl}, stamp="")


def id_pokl_of(tables: Tables, configured: str) -> str:
    """The till's name in EET: the one it took over, else that of the settings file."""
    return str(load_settings(tables).get(ID_POKL, configured))


def came_from_elsewhere(tables: Tables, *, boot: str) -> None:
    """What is under way in a restored database may have been done already: nothing is sent as if for the first time,
    and paper is asked about."""
    f, p = tables.fiscal_record, tables.print_job
    open_records = f.state.in_([FiscalState.WAITING.value, FiscalState.PARKED.value])
    f.update(boot=boot).where(open_records).execute()
    p.update(boot=boot).where(p.state.in_([PrintState.WAITING.value, PrintState.STARTED.value])).execute()
