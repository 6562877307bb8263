import unicodedata
from dataclasses import replace

from wavehouse.kernel.reference.font_signs import covered, printable
from wavehouse.sponsorship.rules import reporting
from wavehouse.sponsorship.service.rendering import render_pdf
from wavehouse.sponsorship.types import ReportInputs, Sponsor


def test_every_sign_that_is_promised_has_a_glyph_in_every_cut(inputs: ReportInputs) -> None:
    """PDF/UA refuses a missing glyph, so a report with characters in all weights proves the list.

    All of Inter's characters, and one in 40 of the fallback fonts' 35,000, which have one cut each.
    """
    points = sorted(covered())
    chosen = [p for n, p in enumerate(points) if p < 0x2C00 or n % 40 == 0]
    composed = (unicodedata.normalize("NFC", chr(point)) for point in chosen)
    signs = " ".join(sign for sign in composed if ord(sign[0]) in covered())
    everything = replace(
        inputs,
        sponsor=Sponsor(inputs.sponsor.sponsor_id, signs),
        campaign=replace(inputs.campaign, name=signs),
        episodes=(replace(inputs.episodes[0], title=signs),),
    )
    assert 1 == printable(signs).count("□")
    assert render_pdf(reporting.build(everything)).startswith(b"%PDF")


def test_what_has_no_glyph_becomes_a_box_a_blank_or_nothing() -> None:
    """Letters and pictures become a box, line breaks a blank, joiners and marks nothing."""
    signs = {"name": ["عر", "a\nb\u2028c", "e\u0301", "x\u200d\ufe0fy", "\ud800"], "n": 3}
    assert {"name": ["□□", "a b c", "é", "xy", "□"], "n": 3} == printable(signs)


def test_chinese_japanese_korean_and_emoji_are_printed(inputs: ReportInputs) -> None:
    """With the fallback fonts, as outlines; the note lists characters that these lack."""
    names = "播客 ポッドキャスト 팟캐스트 🎧🎙️"
    assert "□" not in printable(names)
    assert "عر" != printable("عر")
    view = reporting.build(replace(inputs, sponsor=Sponsor(inputs.sponsor.sponsor_id, names)))
    document = render_pdf(view)

    assert b"DroidSansFallback" in document
    assert b"NotoEmoji" in document
