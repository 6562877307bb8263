"""Ids of the studio. ``StudioEpisodeId`` is an episode in production; the catalogue has its own."""

from __future__ import annotations

from typing import NewType
from uuid import UUID

ProjectId = NewType("ProjectId", UUID)
StudioEpisodeId = NewType("StudioEpisodeId", UUID)
BlockId = NewType("BlockId", UUID)
NoteId = NewType("NoteId", UUID)
MemoryId = NewType("MemoryId", UUID)
DocumentId = NewType("DocumentId", UUID)
HighlightId = NewType("HighlightId", UUID)
ChatSessionId = NewType("ChatSessionId", UUID)
MessageId = NewType("MessageId", UUID)
