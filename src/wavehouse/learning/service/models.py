"""Model versions: store, activate, read."""

from __future__ import annotations

from wavehouse.accounts import Identity
from wavehouse.kernel.errors import Conflict, NotFound
from wavehouse.learning.queries import model as queries
from wavehouse.learning.queries.model import ModelVersion
from wavehouse.learning.rules import model as rules
from wavehouse.learning.types import Model
from wavehouse.store import Learning, Tx


def model_in_use(tx: Tx[Learning], *, identity: Identity) -> Model:
    """The organization's active model, otherwise the default."""
    stored = queries.active_model(tx)
    return rules.DEFAULT if stored is None else rules.of_json(stored, where="learning.models")


def add_model(tx: Tx[Learning], *, identity: Identity, model: Model) -> None:
    """Store a version. Conflict when the name exists: versions never change."""
    if model.version == rules.DEFAULT.version or not queries.insert_model(
        tx,
        organization_id=identity.organization_id,
        version=model.version,
        parameters=rules.as_json(model),
    ):
        raise Conflict(f"the model {model.version!r} already exists", hint="Give it another name.")


def use_model(tx: Tx[Learning], *, identity: Identity, version: str) -> None:
    """Activate a version for levels and choices; counters do not change (L13)."""
    if not queries.activate_model(tx, version=version) and version != rules.DEFAULT.version:
        raise NotFound(f"there is no model {version!r}", command="wavehouse learning models")


def list_models(tx: Tx[Learning], *, identity: Identity) -> list[ModelVersion]:
    """The stored versions, oldest first."""
    return queries.model_versions(tx)
