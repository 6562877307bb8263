"""Log lines with a limit for each cause: strangers can break things faster than a disk fills."""

from __future__ import annotations

import logging
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from wavehouse.kernel import clock

_LINES = 5
_WINDOW = timedelta(seconds=10)
_CAUSES = 256


class Sparing(logging.Filter):
    """Passes five lines of one cause in ten seconds, then counts, and says how many it left out.

    A cause is the message before its values are filled in, or the place an exception comes from.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: OrderedDict[object, tuple[datetime, int]] = OrderedDict()
        self._lock = Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written; the first of a new window says what was left out before."""
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


def spare(*names: str) -> None:
    """Limit the lines of these loggers; doing it again changes nothing."""
    for name in names:
        logger = logging.getLogger(name)
        if not any(isinstance(each, Sparing) for each in logger.filters):
            logger.addFilter(Sparing())
