"""Background work of ``accounts``: emails of invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from wavehouse.accounts.service.invitations import invitation_email
from wavehouse.accounts.service.mailing import mailer
from wavehouse.kernel.ids import InvitationId

if TYPE_CHECKING:
    from wavehouse.queue import Attempt


def inviting(attempt: Attempt) -> None:
    """Email one invitation, unless it has ended; OSError when the mail server rejects it (Q18).

    The link is stored before the email is sent. When the attempt is repeated, the link of the last
    email is the one that works.
    """
    mail, address = mailer(attempt.workspace.settings)
    identity = attempt.identity
    with attempt.workspace.stores.operational.app(identity.organization_id) as tx:
        email = invitation_email(
            tx,
            identity=identity,
            invitation_id=InvitationId(UUID(attempt.payload["invitation_id"])),
            address=address,
        )
    if email is not None:
        attempt.check()
        mail.send(to=email.to, subject=email.subject, text=email.text)
