"""Elements, attributes and numbers of SVG documents, always written the same way."""

from __future__ import annotations

from dataclasses import dataclass

from wavehouse.kernel import words


@dataclass(frozen=True, slots=True)
class Size:
    """The size in drawing units; the page scales it to the available space."""

    width: int
    height: int


def escaped(text: str) -> str:
    """Text that is safe in an element and in a quoted attribute; control characters are removed."""
    return words.xml(text)


def number(value: float) -> str:
    """A coordinate with at most two decimals and no trailing zeros."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def element(name: str, *children: str, **attributes: str | float | None) -> str:
    """An element; children are already markup, attributes are escaped here.

    ``_`` in a name becomes ``-`` and a trailing one is dropped (``class_``); an attribute that is
    None is omitted.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is None:
            continue
        shown = escaped(value) if isinstance(value, str) else number(value)
        parts.append(f'{key.rstrip("_").replace("_", "-")}="{shown}"')
    opening = " ".join(parts)
    if not children:
        return f"<{opening}/>"
    return f"<{opening}>{''.join(children)}</{name}>"


def document(
    size: Size,
    *children: str,
    label: str | None,
    font: str,
    class_: str | None = None,
    stretch: bool = False,
) -> str:
    """The root element: a picture with a name, or decoration that screen readers skip."""
    return element(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {size.width} {size.height}",
        width=size.width,
        height=size.height,
        preserveAspectRatio="none" if stretch else None,
        class_=class_,
        role="img" if label else None,
        aria_label=label,
        aria_hidden=None if label else "true",
        focusable=None if label else "false",
        font_family=font,
    )


def path(points: list[tuple[float, float]], *, close: bool = False) -> str:
    """Path data through the points."""
    commands = [
        f"{'M' if index == 0 else 'L'}{number(x)} {number(y)}"
        for index, (x, y) in enumerate(points)
    ]
    return "".join(commands) + ("Z" if close else "")


def text(content: str, x: float, y: float, **attributes: str | float | None) -> str:
    """A text element at a baseline."""
    return element("text", escaped(content), x=x, y=y, **attributes)
