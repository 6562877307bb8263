"""The steps ``outline``, ``script`` and ``review``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from wavehouse.store import Operational, Tx
from wavehouse.studio.adapters.writers import TextProvider, Written
from wavehouse.studio.queries import generation as queries
from wavehouse.studio.rules import prompts
from wavehouse.studio.rules.language import foreign_parts, language_of
from wavehouse.studio.rules.script_blocks import as_markdown, from_markdown
from wavehouse.studio.service.blocks import script as stored_script
from wavehouse.studio.service.blocks import write_script
from wavehouse.studio.service.generation.paying import Answered, Payment
from wavehouse.studio.service.generation.preparing import manifest_of
from wavehouse.studio.service.generation.stepping import (
    InvalidResponse,
    Run,
    Work,
    WrongLanguage,
    hash_of,
    run_step,
)
from wavehouse.studio.types.blocks import Author, NewBlock
from wavehouse.studio.types.generation import EpisodeToMake, Step, StepStatus
from wavehouse.studio.types.ids import StudioEpisodeId
from wavehouse.studio.types.production import Material, Outline, Production, Section
from wavehouse.usage import Unit

_OUTLINE_TOKENS, _SCRIPT_TOKENS = 2_000, 8_000


class AwaitsReview(Exception):
    """The script waits for a person's approval."""


@dataclass(frozen=True, slots=True)
class Writer:
    """The writer of this project. ``metered``: its model is in the registry."""

    provider: TextProvider
    name: str
    model: str
    metered: bool


def outlined(run: Run, material: Material, writer: Writer, episode: EpisodeToMake) -> Outline:
    """Write the outline of the episode."""
    messages = prompts.outline_prompt(material)
    work = Work(
        inputs={"prompt": messages, "writer": [writer.name, writer.model]},
        make=lambda: _answer(writer.provider.outline(material, most_tokens=_OUTLINE_TOKENS)),
        payment=_payment(writer, "studio.outline", messages, _OUTLINE_TOKENS, episode),
        read=lambda reply: _dumped(
            prompts.outline_as_json(prompts.outline_of(reply.decode(), material))
        ),
        manifest=manifest_of(material),
    )
    ref = run_step(run, Step.OUTLINE, work)
    return prompts.outline_of(run.store.get(ref).decode(), material)


def scripted(
    run: Run, material: Material, outline: Outline, writer: Writer, episode: EpisodeToMake
) -> tuple[Section, ...]:
    """Write the script of the episode and store it in its blocks.

    A script in another language is paid for, refused, and requested once more. WrongLanguage when
    the second one is also in another language.
    """
    try:
        ref = run_step(run, Step.SCRIPT, _script_work(run, material, outline, writer, episode))
    except WrongLanguage:
        again = _script_work(run, material, outline, writer, episode, again=True)
        ref = run_step(run, Step.SCRIPT, again)
    return prompts.script_of(run.store.get(ref).decode(), material.speakers)


def _script_work(
    run: Run,
    material: Material,
    outline: Outline,
    writer: Writer,
    episode: EpisodeToMake,
    *,
    again: bool = False,
) -> Work:
    messages = prompts.script_prompt(material, outline)
    used = [ref for heading in outline.sections for ref in heading.uses]

    def write(tx: Tx[Operational], output: bytes) -> None:
        sections = prompts.script_of(output.decode(), material.speakers)
        write_script(
            tx,
            identity=run.identity,
            episode_id=StudioEpisodeId(run.episode_id),
            blocks=[NewBlock(as_markdown(section)) for section in sections],
            author=Author.GENERATION,
        )

    def made() -> Answered:
        return _answer(
            writer.provider.script(material, outline, most_tokens=_SCRIPT_TOKENS, again=again)
        )

    return Work(
        inputs={"prompt": messages, "writer": [writer.name, writer.model]},
        make=made,
        payment=_payment(writer, "studio.script", messages, _SCRIPT_TOKENS, episode),
        read=lambda reply: _checked(reply, material),
        manifest={**manifest_of(material), "used": used, "declined": outline.declined},
        effect=write,
    )


def reviewed(run: Run, material: Material, production: Production) -> tuple[Section, ...]:
    """The script in the episode's blocks, with a person's changes, if any.

    AwaitsReview until a person has approved exactly this text, where the project requires it.
    """
    run.check()
    with run.operational.app(run.identity.organization_id) as tx:
        sections = sections_of(tx, run, material.speakers)
    inputs = {"script": prompts.script_as_json(sections)}
    work = Work(inputs=inputs, make=lambda: Answered(_dumped(inputs["script"]), {}))
    if not production.review:
        run_step(run, Step.REVIEW, work)
        return sections
    if _approved(run, inputs):
        run.kept.append(f"{Step.REVIEW}:0")
        return sections
    with run.writing({"step": Step.REVIEW}) as write:
        run.put(write.tx, Step.REVIEW, work, StepStatus.WAITING)
    raise AwaitsReview


def sections_of(tx: Tx[Operational], run: Run, speakers: Sequence[str]) -> tuple[Section, ...]:
    """The sections of an episode's blocks. InvalidResponse when they contain no spoken text."""
    blocks = stored_script(tx, identity=run.identity, episode_id=StudioEpisodeId(run.episode_id))
    parsed = [
        from_markdown(block.body, speakers)
        for block in blocks
        if block.type in ("markdown", "speech")
    ]
    sections = tuple(section for section in parsed if section is not None)
    if not sections:
        raise InvalidResponse("the script is empty", where="script")
    return sections


def _approved(run: Run, inputs: dict[str, Any]) -> bool:
    with run.operational.app(run.identity.organization_id) as tx:
        row = queries.finished_step(
            tx,
            organization_id=run.identity.organization_id,
            episode_id=run.episode_id,
            step=Step.REVIEW,
            segment=0,
            input_hash=hash_of(Step.REVIEW, inputs),
        )
    return row is not None


def _checked(reply: bytes, material: Material) -> bytes:
    sections = prompts.script_of(reply.decode(), material.speakers)
    texts = [" ".join(line.text for line in section.lines) for section in sections]
    foreign = foreign_parts([*texts, " ".join(texts)], material.language)
    if foreign:
        written = language_of(texts[foreign[0]] if foreign[0] < len(texts) else " ".join(texts))
        raise WrongLanguage(
            f"the script is not in the language {material.language!r}"
            + (f": a part of it is in {written!r}" if written else ""),
            where="script",
            hint="Choose a model that writes this language, or change the project's language.",
        )
    return _dumped(prompts.script_as_json(sections))


def _answer(written: Written) -> Answered:
    used = {
        Unit.INPUT: Decimal(written.input_tokens),
        Unit.OUTPUT: Decimal(written.output_tokens),
    }
    return Answered(written.text.encode(), used)


def _payment(
    writer: Writer,
    operation: str,
    messages: Sequence[dict[str, str]],
    most_tokens: int,
    episode: EpisodeToMake,
) -> Payment | None:
    """The limit of a call: a token is at least one byte."""
    if not writer.metered:
        return None
    size = sum(len(message["content"].encode()) for message in messages)
    bound = {Unit.INPUT: Decimal(size), Unit.OUTPUT: Decimal(most_tokens)}
    return Payment(writer.model, operation, bound, episode.project_id)


def _dumped(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
