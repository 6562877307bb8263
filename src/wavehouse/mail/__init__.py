"""Mail: text and HTML emails from one template, sent by a mail server or stored in a folder.

A layer below all contexts: a context writes the text, this package renders and sends it.
"""

from wavehouse.mail.outbox import (
    Outbox,
    StoredEmail,
    forget_emails,
    forget_late_emails,
    outbox_folder,
    stored_emails,
)
from wavehouse.mail.rendering import email_message, html_of
from wavehouse.mail.sending import Mail, Smtp, mail_of

__all__ = [
    "Mail",
    "Outbox",
    "Smtp",
    "StoredEmail",
    "email_message",
    "forget_emails",
    "forget_late_emails",
    "html_of",
    "mail_of",
    "outbox_folder",
    "stored_emails",
]
