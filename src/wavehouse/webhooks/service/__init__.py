"""Use cases of webhooks: emitting, endpoints, delivering."""
