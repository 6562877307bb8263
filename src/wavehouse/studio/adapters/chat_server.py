"""A model behind ``/chat/completions`` that answers questions about an episode."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wavehouse.studio.adapters.server import Server
from wavehouse.studio.adapters.writers import completion
from wavehouse.studio.rules import chat_prompts
from wavehouse.studio.types.chat import Passage, Piece

MOST_OUTPUT = 1_000


@dataclass(frozen=True, slots=True)
class ServerChat:
    """Answers through a server named by the operator; the whole answer arrives at once."""

    server: Server
    model: str

    def answer(self, question: str, passages: Sequence[Passage], language: str) -> Iterator[Piece]:
        """The pieces of the answer, with its tokens. Raises the errors of ``Server.post``."""
        given = chat_prompts.chosen(question, passages)
        messages = chat_prompts.prompt(question, given, language)
        body = {"model": self.model, "messages": messages, "max_tokens": MOST_OUTPUT}
        reply = self.server.post("chat/completions", body)
        asked = sum(len(message["content"].encode()) for message in messages)
        written = completion(reply, asked=asked, most_tokens=MOST_OUTPUT)
        yield Piece("", tokens=(written.input_tokens, written.output_tokens))
        yield from chat_prompts.pieces_of(written.text, given)
