"""Use cases of highlights: mark a passage, list them, anchor them again after an edit (CRE-9)."""

from __future__ import annotations

from collections.abc import Sequence

from wavehouse import accounts
from wavehouse.accounts import Access, Identity
from wavehouse.kernel.errors import InvalidInput, NotFound
from wavehouse.store import Operational, Tx
from wavehouse.studio.queries import blocks as block_queries
from wavehouse.studio.queries import highlights as queries
from wavehouse.studio.rules import anchoring, entered
from wavehouse.studio.service.episodes import show_episode
from wavehouse.studio.types.blocks import Block
from wavehouse.studio.types.highlights import Colour, Highlight, HighlightState, Quote
from wavehouse.studio.types.ids import BlockId, HighlightId, StudioEpisodeId

_LONGEST_NOTE = 2_000


def add_highlight(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId,
    block_id: BlockId,
    start: int,
    end: int,
    note: str = "",
    colour: Colour = Colour.YELLOW,
) -> Highlight:
    """Mark the characters from ``start`` to ``end`` (code points) of a block's last revision.

    NotFound without the block; InvalidInput when the positions are not within its text.
    """
    accounts.require(identity.role, Access.WRITE)
    block = _block(tx, identity, episode_id, block_id)
    try:
        quote = anchoring.quote_of(block.body, start, end)
    except ValueError as error:
        raise InvalidInput(f"{error}: it has {len(block.body)} characters", where="start") from None
    if not quote.exact.strip():
        raise InvalidInput("the passage contains only white space", where="start")
    return queries.insert_highlight(
        tx,
        identity=identity,
        block=block,
        quote=quote,
        note=entered.text_of(note, "note", longest=_LONGEST_NOTE, empty=True) or None,
        colour=colour,
    )


def highlight_text(
    tx: Tx[Operational],
    *,
    identity: Identity,
    episode_id: StudioEpisodeId,
    text: str,
    note: str = "",
    colour: Colour = Colour.YELLOW,
) -> Highlight:
    """Mark the first occurrence of ``text`` in a script. NotFound when no block contains it."""
    show_episode(tx, identity=identity, episode_id=episode_id)
    rows = block_queries.blocks(tx, organization_id=identity.organization_id, episode_id=episode_id)
    block = next((row for row in rows if text and text in row.body), None)
    if block is None:
        raise NotFound(
            "the script does not contain this text",
            where="text",
            command=f"wavehouse studio episodes script {episode_id}",
        )
    start = block.body.index(text)
    return add_highlight(
        tx,
        identity=identity,
        episode_id=episode_id,
        block_id=block.block_id,
        start=start,
        end=start + len(text),
        note=note,
        colour=colour,
    )


def list_highlights(
    tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId
) -> list[Highlight]:
    """The highlights of an episode's script in the order of the text, orphaned ones last."""
    show_episode(tx, identity=identity, episode_id=episode_id)
    return queries.highlights(tx, organization_id=identity.organization_id, episode_id=episode_id)


def remove_highlight(tx: Tx[Operational], *, identity: Identity, highlight_id: HighlightId) -> None:
    """Delete the acting user's own highlight. NotFound for another one."""
    accounts.require(identity.role, Access.WRITE)
    if not queries.delete_highlight(tx, identity=identity, highlight_id=highlight_id):
        raise NotFound("you have no such highlight")


def anchor_again(tx: Tx[Operational], *, identity: Identity, episode_id: StudioEpisodeId) -> None:
    """Find every highlight of a script again, orphaned ones too: in its block, else in another."""
    organization_id = identity.organization_id
    rows = queries.highlights(tx, organization_id=organization_id, episode_id=episode_id)
    if not rows:
        return
    blocks = block_queries.blocks(tx, organization_id=organization_id, episode_id=episode_id)
    for row in rows:
        block, span = _found(row, blocks)
        queries.place_highlight(
            tx,
            organization_id=organization_id,
            highlight_id=row.highlight_id,
            block_id=row.block_id if block is None else block.block_id,
            revision=row.block_revision if block is None else block.revision,
            start=span[0],
            end=span[1],
            state=HighlightState.ORPHANED if block is None else HighlightState.ANCHORED,
        )


def _found(row: Highlight, blocks: Sequence[Block]) -> tuple[Block | None, tuple[int, int]]:
    """The block and the positions of a highlight; no block and the old positions if not found."""
    quote = Quote(row.exact, row.prefix, row.suffix, row.start, row.end)
    for block in sorted(blocks, key=lambda each: (each.block_id != row.block_id, each.position)):
        span = anchoring.anchor(block.body, quote)
        if span is not None and span[0] < span[1]:
            return block, span
    return None, (row.start, row.end)


def _block(
    tx: Tx[Operational], identity: Identity, episode_id: StudioEpisodeId, block_id: BlockId
) -> Block:
    show_episode(tx, identity=identity, episode_id=episode_id)
    for block in block_queries.blocks(
        tx, organization_id=identity.organization_id, episode_id=episode_id
    ):
        if block.block_id == block_id and block.body:
            return block
    raise NotFound("there is no such block in this episode", where="block_id")
