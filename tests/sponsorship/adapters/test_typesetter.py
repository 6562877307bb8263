import unicodedata
from dataclasses import replace

from wavehouse.sponsorship.adapters.typesetter import covered, printable
from wavehouse.sponsorship.rules import reporting
from wavehouse.sponsorship.service.rendering import render_pdf
from wavehouse.sponsorship.types import ReportInputs, Sponsor


def test_every_sign_that_is_promised_has_a_glyph_in_every_cut(inputs: ReportInputs) -> None:
    """PDF/UA refuses a missing glyph, so a report of all signs in all weights proves the list."""
    composed = (unicodedata.normalize("NFC", chr(point)) for point in sorted(covered()))
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
    """Letters and pictures a box, line breaks a blank, joiners and marks nothing."""
    told = {"name": ["日本", "a\nb\u2028c", "e\u0301", "x\u200d\ufe0fy", "\ud800"], "n": 3}
    assert {"name": ["□□", "a b c", "é", "xy", "□"], "n": 3} == printable(told)
