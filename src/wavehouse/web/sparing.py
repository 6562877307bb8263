"""Rate-limited logging by cause, so that clients cannot fill the disk by causing errors."""

from __future__ import annotations

import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from wavehouse.kernel import clock

_LINES = 5
_WINDOW = timedelta(seconds=10)
_CAUSES = 256


class RateLimitFilter(logging.Filter):
    """Passes five lines per cause in ten seconds, then counts the rest and logs their number.

    A cause is the unformatted message, or the location where an exception was raised.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[object, tuple[datetime, int]] = OrderedDict()
        self._lock = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a line; the first one of a new window reports how many were dropped."""
        cause, now = _cause(record), clock.now()
        with self._lock:
            began, lines = self._known.pop(cause, (now, 0))
            left_out = 0
            if now - began >= _WINDOW:
                left_out, began, lines = max(0, lines - _LINES), now, 0
            self._known[cause] = (began, lines + 1)
            while len(self._known) > _CAUSES:
                self._known.popitem(last=False)
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out:,} more like this were left out)"
            record.args = ()
        return lines < _LINES


def _cause(record: logging.LogRecord) -> object:
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record.name, record.msg
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    position = (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace else None
    return record.name, type(error), position


def limit_loggers(*names: str) -> None:
    """Limit these loggers; repeating it changes nothing."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(each, RateLimitFilter) for each in logger.filters):
            logger.addFilter(RateLimitFilter())
