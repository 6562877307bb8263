"""The store: the embedded server, the roles, typed transactions, bulk loading."""

from wavehouse.kernel.databases import DATABASES, DatabaseName
from wavehouse.store.bulk import BulkLoader
from wavehouse.store.database import Analytics, Database, Learning, Listeners, Operational, Tx
from wavehouse.store.embedded import EmbeddedServer
from wavehouse.store.listening import notices
from wavehouse.store.opening import AnyDatabase, Stores, databases_folder, open_stores
from wavehouse.store.roles import Place, connect, owner_role, provision

__all__ = [
    "DATABASES",
    "Analytics",
    "AnyDatabase",
    "BulkLoader",
    "Database",
    "DatabaseName",
    "EmbeddedServer",
    "Learning",
    "Listeners",
    "Operational",
    "Place",
    "Stores",
    "Tx",
    "connect",
    "databases_folder",
    "notices",
    "open_stores",
    "owner_role",
    "provision",
]
