"""Spans and metrics through the OpenTelemetry API, loaded only when telemetry is enabled.

Importing the API takes 0.1 s, too long for ``--help``: unless an ``OTEL_*`` or
``WAVEHOUSE_TELEMETRY`` variable is set, ``span`` does nothing. The operator chooses the SDK and
configures it by its own variables.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def listening() -> bool:
    """True when an OTEL_* variable or WAVEHOUSE_TELEMETRY enables telemetry."""
    return "WAVEHOUSE_TELEMETRY" in os.environ or any(key.startswith("OTEL_") for key in os.environ)


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[Any]:
    """A span around some work. Attributes never hold addresses, secrets or literals."""
    if not listening():
        yield None
        return
    from opentelemetry import trace

    tracer = trace.get_tracer("wavehouse")
    with tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


def trace_id() -> str | None:
    """The current trace id as 32 hexadecimal digits; None when tracing is off."""
    if not listening():
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None


def count(name: str, **attributes: str | int) -> None:
    """Add one to a counter."""
    if listening():
        from opentelemetry import metrics

        metrics.get_meter("wavehouse").create_counter(name).add(1, attributes)


def observe(name: str, value: float, unit: str, **attributes: str | int) -> None:
    """Add a value to a histogram; ``unit`` as in UCUM (``ms``, ``1``)."""
    if listening():
        from opentelemetry import metrics

        meter = metrics.get_meter("wavehouse")
        meter.create_histogram(name, unit=unit).record(value, attributes)
