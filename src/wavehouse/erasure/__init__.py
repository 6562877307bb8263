"""Public interface of ``erasure``: erasure requests, access requests, replay."""

from wavehouse.erasure.service.at_once import erase_listener, erase_oneself
from wavehouse.erasure.service.certifying import certificate, certificate_pdf
from wavehouse.erasure.service.deciding import approve, preview, reject, undo
from wavehouse.erasure.service.executing import run, waiting
from wavehouse.erasure.service.exporting import Exported, export, export_oneself
from wavehouse.erasure.service.many.running import run_many, run_waiting
from wavehouse.erasure.service.replaying import replay
from wavehouse.erasure.service.requesting import Filed, Wanted, confirm, file, get, listed, show
from wavehouse.erasure.service.verifying import files_with
from wavehouse.erasure.types import (
    Channel,
    Done,
    Outcome,
    Plan,
    Purpose,
    Rejection,
    Replayed,
    Request,
    Status,
    Stopped,
    SubjectKind,
)

__all__ = [
    "Channel",
    "Done",
    "Exported",
    "Filed",
    "Outcome",
    "Plan",
    "Purpose",
    "Rejection",
    "Replayed",
    "Request",
    "Status",
    "Stopped",
    "SubjectKind",
    "Wanted",
    "approve",
    "certificate",
    "certificate_pdf",
    "confirm",
    "erase_listener",
    "erase_oneself",
    "export",
    "export_oneself",
    "file",
    "files_with",
    "get",
    "listed",
    "preview",
    "reject",
    "replay",
    "run",
    "run_many",
    "run_waiting",
    "show",
    "undo",
    "waiting",
]
