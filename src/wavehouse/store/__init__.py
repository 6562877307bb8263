"""The store: the embedded server, the roles, typed transactions, bulk loading."""

from wavehouse.store.bulk import BulkLoader
from wavehouse.store.database import Analytics, Database, Listeners, Operational, Tx
from wavehouse.store.embedded import EmbeddedServer
from wavehouse.store.listening import notices
from wavehouse.store.opening import Stores, databases_folder, open_stores
from wavehouse.store.roles import DATABASES, DatabaseName, Place, connect, owner_role, provision

__all__ = [
    "DATABASES",
    "Analytics",
    "BulkLoader",
    "Database",
    "DatabaseName",
    "EmbeddedServer",
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
