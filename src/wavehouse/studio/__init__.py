"""The door of ``studio``: projects, scripts, notes, memory, source documents."""

from wavehouse.studio.service.blocks import revisions, script, write_script
from wavehouse.studio.service.documents import sources
from wavehouse.studio.service.episodes import (
    archive_episode,
    create_episode,
    list_episodes,
    rename_episode,
    show_episode,
)
from wavehouse.studio.service.memory import recalled
from wavehouse.studio.service.notes import (
    add_note,
    consume,
    list_notes,
    notes_left_on,
    notes_taken_by,
    open_notes,
    reach,
    release_notes,
    show_note,
    withdraw_note,
)
from wavehouse.studio.service.projects import (
    change_project,
    create_project,
    list_projects,
    set_project_status,
    show_project,
)
from wavehouse.studio.types.blocks import Author, Block, BlockType, NewBlock, Revision
from wavehouse.studio.types.documents import Source
from wavehouse.studio.types.ids import (
    BlockId,
    DocumentId,
    MemoryId,
    NoteId,
    ProjectId,
    StudioEpisodeId,
)
from wavehouse.studio.types.memory import Memory, MemoryKind, SourceKind
from wavehouse.studio.types.notes import AddedNote, Decision, Note, NoteKind, NoteState, Reach
from wavehouse.studio.types.projects import (
    EpisodeStatus,
    MissedPolicy,
    NewProject,
    Project,
    ProjectChange,
    ProjectStatus,
    StudioEpisode,
)

__all__ = [
    "AddedNote",
    "Author",
    "Block",
    "BlockId",
    "BlockType",
    "Decision",
    "DocumentId",
    "EpisodeStatus",
    "Memory",
    "MemoryId",
    "MemoryKind",
    "MissedPolicy",
    "NewBlock",
    "NewProject",
    "Note",
    "NoteId",
    "NoteKind",
    "NoteState",
    "Project",
    "ProjectChange",
    "ProjectId",
    "ProjectStatus",
    "Reach",
    "Revision",
    "Source",
    "SourceKind",
    "StudioEpisode",
    "StudioEpisodeId",
    "add_note",
    "archive_episode",
    "change_project",
    "consume",
    "create_episode",
    "create_project",
    "list_episodes",
    "list_notes",
    "list_projects",
    "notes_left_on",
    "notes_taken_by",
    "open_notes",
    "reach",
    "recalled",
    "release_notes",
    "rename_episode",
    "revisions",
    "script",
    "set_project_status",
    "show_episode",
    "show_note",
    "show_project",
    "sources",
    "withdraw_note",
    "write_script",
]
