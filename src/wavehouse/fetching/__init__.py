"""Opens web addresses written by other people, with one guarded client (decision 0203)."""

from wavehouse.fetching.web import USER_AGENT, Answer, Limits, Web
from wavehouse.fetching.wire import Deadline

__all__ = ["USER_AGENT", "Answer", "Deadline", "Limits", "Web"]
