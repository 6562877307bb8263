"""The door of ``accounts``: organizations, members, API keys, signing in."""

from wavehouse.accounts.rules import access_of, invitation_state, role_allows
from wavehouse.accounts.service.acting import acting_for, require, user_actor
from wavehouse.accounts.service.answers import answer_once
from wavehouse.accounts.service.invitations import (
    accept_invitation,
    invitation_of,
    invite,
    list_invitations,
    revoke_invitation,
)
from wavehouse.accounts.service.keys import (
    create_api_key,
    list_api_keys,
    revoke_api_key,
    verify_api_key,
)
from wavehouse.accounts.service.mailing import mailer
from wavehouse.accounts.service.members import (
    change_role,
    find_member,
    leave,
    list_members,
    remove_member,
)
from wavehouse.accounts.service.organizations import (
    acting_in,
    ensure_organization,
    further_organization,
)
from wavehouse.accounts.service.sessions import (
    begin_session,
    create_login_link,
    membership_of,
    organizations_of,
    session_of,
    sign_in,
    sign_out,
    switch_organization,
)
from wavehouse.accounts.types import (
    Accepted,
    Access,
    Answered,
    ApiKey,
    Identity,
    Invitation,
    Member,
    Membership,
    NewApiKey,
    NewLoginLink,
    NewSession,
    Organization,
    Role,
    Scope,
)

__all__ = [
    "Accepted",
    "Access",
    "Answered",
    "ApiKey",
    "Identity",
    "Invitation",
    "Member",
    "Membership",
    "NewApiKey",
    "NewLoginLink",
    "NewSession",
    "Organization",
    "Role",
    "Scope",
    "accept_invitation",
    "access_of",
    "acting_for",
    "acting_in",
    "answer_once",
    "begin_session",
    "change_role",
    "create_api_key",
    "create_login_link",
    "ensure_organization",
    "find_member",
    "further_organization",
    "invitation_of",
    "invitation_state",
    "invite",
    "leave",
    "list_api_keys",
    "list_invitations",
    "list_members",
    "mailer",
    "membership_of",
    "organizations_of",
    "remove_member",
    "require",
    "revoke_api_key",
    "revoke_invitation",
    "role_allows",
    "session_of",
    "sign_in",
    "sign_out",
    "switch_organization",
    "user_actor",
    "verify_api_key",
]
