"""An email's two parts from one template: the text is the template, the HTML is derived from it.

A template is plain text. Paragraphs are separated by an empty line; a paragraph that is one web
address becomes a button; addresses inside a paragraph become links. So the two parts always agree,
and templates need no markup.
"""

from __future__ import annotations

import re
from email.message import EmailMessage

from wavehouse.kernel import clock, words

_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)]")
_BUTTON = (
    '<p style="margin:24px 0"><a href="{url}" style="background:#1a56db;color:#ffffff;'
    'padding:12px 20px;border-radius:6px;text-decoration:none;display:inline-block">Open the link'
    '</a></p>\n<p style="font-size:13px;color:#57606a;word-break:break-all">{url}</p>'
)
_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light"><title>{subject}</title></head>
<body style="margin:0;background:#f6f8fa;color:#1f2328">
<div style="max-width:560px;margin:0 auto;padding:32px 24px;background:#ffffff;\
font:16px/1.5 system-ui,sans-serif">
<h1 style="font-size:20px;margin:0 0 16px">{subject}</h1>
{body}
</div>
</body>
</html>
"""


def email_message(*, to: str, subject: str, text: str) -> EmailMessage:
    """A message with a text part and an HTML part (RFC 2046: the richest part comes last).

    Neither part is quoted-printable, which would break links across lines in the stored file.
    """
    message = EmailMessage()
    message["To"], message["Subject"], message["Date"] = to, subject, clock.now()
    message.set_content(text, cte=_encoding(text))
    html = html_of(subject=subject, text=text)
    message.add_alternative(html, subtype="html", cte=_encoding(html))
    return message


def html_of(*, subject: str, text: str) -> str:
    """The HTML part of an email: everything is escaped, nothing is loaded from elsewhere."""
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", text.strip()) if part.strip()]
    body = "\n".join(_paragraph(part.strip()) for part in paragraphs)
    return _FRAME.format(subject=words.xml(subject), body=body)


def _paragraph(text: str) -> str:
    if _URL.fullmatch(text):
        return _BUTTON.format(url=words.xml(text))
    pieces, end = [], 0
    for match in _URL.finditer(text):
        url = words.xml(match[0])
        pieces += [words.xml(text[end : match.start()]), f'<a href="{url}">{url}</a>']
        end = match.end()
    pieces.append(words.xml(text[end:]))
    return f'<p style="margin:0 0 16px">{"".join(pieces)}</p>'.replace("\n", "<br>\n")


def _encoding(text: str) -> str:
    return "7bit" if text.isascii() else "8bit"
