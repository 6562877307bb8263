"""The writer and the speaker of a project: this program, or a server named by the operator."""

from __future__ import annotations

from wavehouse import usage
from wavehouse.accounts import Identity
from wavehouse.kernel.errors import NotFound
from wavehouse.store import Database, Operational
from wavehouse.studio.adapters.server import Server
from wavehouse.studio.adapters.speech import ServerSpeech, local_speech
from wavehouse.studio.adapters.writers import LocalWriter, ServerWriter
from wavehouse.studio.service.generation.speaking import Speaker
from wavehouse.studio.service.generation.writing import Writer
from wavehouse.studio.service.production import voices_of
from wavehouse.studio.types.production import Production, Provider
from wavehouse.webhooks import Sealer


def writer_of(
    operational: Database[Operational], *, identity: Identity, production: Production
) -> Writer:
    """The writer of a project. NotFound when its model or its upstream is not registered."""
    model = production.text_model
    if production.text_provider == Provider.LOCAL:
        return Writer(LocalWriter(), "local", model, _metered(operational, identity, model))
    server = server_of(operational, identity=identity, model=model)
    return Writer(ServerWriter(server, model=model), server.base_url, model, metered=True)


def speaker_of(
    operational: Database[Operational], *, identity: Identity, production: Production
) -> Speaker:
    """The speaker of a project. NotFound when its model or its upstream is not registered."""
    model, voices = production.speech_model, voices_of(production)
    if production.speech_provider == Provider.LOCAL:
        metered = _metered(operational, identity, model)
        return Speaker(local_speech(model), model, metered, voices)
    server = server_of(operational, identity=identity, model=model)
    return Speaker(ServerSpeech(server, model=model), model, metered=True, voices=voices)


def _metered(operational: Database[Operational], identity: Identity, model: str) -> bool:
    """Whether an offline model is in the registry: only then are its calls reserved."""
    try:
        with operational.app(identity.organization_id) as tx:
            usage.find_model(tx, identity=identity, name=model)
    except NotFound:
        return False
    return True


def server_of(operational: Database[Operational], *, identity: Identity, model: str) -> Server:
    """The upstream of a model. NotFound when the model or its upstream is not registered."""
    with operational.app(identity.organization_id) as tx:
        provider = usage.find_model(tx, identity=identity, name=model).provider
    route = usage.routes(operational, sealer=Sealer.of(operational.place)).get(provider)
    if route is None:
        raise NotFound(
            f"there is no upstream for the provider {provider!r}",
            where="model",
            command=f"wavehouse usage upstreams set {provider} --url https://api.example/v1",
        )
    upstream = route.upstream
    return Server(upstream.base_url, route.key, upstream.allow_private, upstream.timeout_seconds)
