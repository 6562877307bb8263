"""The store: the embedded server, the roles, typed transactions, bulk loading."""

from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.store.bulk import BulkLoader
from wavehouse.store.database import Analytics, Database, Learning, Listeners, Operational, Tx
from wavehouse.store.embedded import EmbeddedServer
from wavehouse.store.late import Arrival, keyed_references, late_arrivals, ledger_hash, ledger_key
from wavehouse.store.listening import notices
from wavehouse.store.opening import AnyDatabase, Stores, databases_folder, open_stores
from wavehouse.store.rewriting import discard_log, rewrite
from wavehouse.store.roles import Place, connect, owner_role, provision
from wavehouse.store.rows import (
    Change,
    Hop,
    Path,
    Selection,
    change_rows,
    count_rows,
    delete_rows,
    delete_rows_by_day,
    every_value,
    search_rows,
    stream_rows,
    values_of,
)
from wavehouse.store.rows_of_many import (
    BETWEEN,
    Shared,
    change_of_many,
    count_of_many,
    delete_of_many,
    is_shared,
    stream_blocks,
    values_of_many,
)

__all__ = [
    "BETWEEN",
    "DATABASES",
    "Analytics",
    "AnyDatabase",
    "Arrival",
    "BulkLoader",
    "Change",
    "Database",
    "DatabaseName",
    "EmbeddedServer",
    "Hop",
    "Learning",
    "Listeners",
    "Operational",
    "Path",
    "Place",
    "Selection",
    "Shared",
    "Stores",
    "Tx",
    "change_of_many",
    "change_rows",
    "connect",
    "count_of_many",
    "count_rows",
    "databases_folder",
    "delete_of_many",
    "delete_rows",
    "delete_rows_by_day",
    "discard_log",
    "every_value",
    "is_shared",
    "keyed_references",
    "late_arrivals",
    "ledger_hash",
    "ledger_key",
    "notices",
    "open_stores",
    "owner_role",
    "provision",
    "rewrite",
    "search_rows",
    "stream_blocks",
    "stream_rows",
    "values_of",
    "values_of_many",
]
