"""Public interface of ``studio``: projects, scripts, notes, memory, source documents."""

from wavehouse.studio.adapters.pages import read_page
from wavehouse.studio.adapters.pdf import read_pdf, read_pdf_file
from wavehouse.studio.rules.answering import clock_of
from wavehouse.studio.rules.diffs import Change, difference
from wavehouse.studio.rules.sound import Timeline
from wavehouse.studio.service.blocks import revisions, script, write_script
from wavehouse.studio.service.calendar import authors, calendar_of, notes_in_prompt, step_lines
from wavehouse.studio.service.chats import (
    delete_chat,
    list_chats,
    passages_of,
    show_chat,
    start_chat,
)
from wavehouse.studio.service.chatting import (
    ChatProvider,
    LocalChat,
    PendingAnswer,
    Progress,
    abort,
    ask,
    follow,
    produce,
)
from wavehouse.studio.service.documents import (
    add_document,
    list_documents,
    remove_document,
    sources,
)
from wavehouse.studio.service.episodes import (
    archive_episode,
    create_episode,
    list_episodes,
    show_episode,
)
from wavehouse.studio.service.events import (
    list_event_types,
    list_events,
    record_events,
    register_event_type,
    replay_events,
    retire_event_type,
)
from wavehouse.studio.service.generating import work_slot
from wavehouse.studio.service.generation.places import Place, place_of, store_of
from wavehouse.studio.service.highlights import add_highlight, list_highlights, remove_highlight
from wavehouse.studio.service.importing import export_memories, import_memories
from wavehouse.studio.service.memory import (
    correct,
    end_memory,
    forget,
    memory_history,
    recalled,
    remember,
)
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
from wavehouse.studio.service.production import change_production
from wavehouse.studio.service.projects import (
    change_project,
    create_project,
    list_projects,
    set_project_status,
    show_project,
)
from wavehouse.studio.service.publishing import file_of, timeline_of
from wavehouse.studio.service.requests import (
    announce_request,
    past_seconds,
    request_episode,
    request_state,
    series_for_learners,
)
from wavehouse.studio.service.talking import chat_provider, spoken_in
from wavehouse.studio.types.blocks import Author, Block, BlockType, NewBlock, Revision
from wavehouse.studio.types.calendar import CalendarSlot, StepLine
from wavehouse.studio.types.chat import (
    ChatMessage,
    ChatSession,
    Conversation,
    MessageStatus,
    Passage,
    Piece,
)
from wavehouse.studio.types.documents import Document, DocumentKind, DocumentText, Source
from wavehouse.studio.types.events import EventState, EventType, NewEvent, Recorded, UserEvent
from wavehouse.studio.types.highlights import Colour, Highlight, HighlightState
from wavehouse.studio.types.ids import (
    BlockId,
    ChatSessionId,
    DocumentId,
    HighlightId,
    MemoryId,
    NoteId,
    ProjectId,
    StudioEpisodeId,
)
from wavehouse.studio.types.memory import Imported, Memory, MemoryKind, NewMemory, SourceKind
from wavehouse.studio.types.notes import AddedNote, Decision, Note, NoteKind, NoteState, Reach
from wavehouse.studio.types.production import Level, ProductionChange
from wavehouse.studio.types.projects import (
    EpisodeStatus,
    MissedPolicy,
    NewProject,
    Project,
    ProjectChange,
    ProjectStatus,
    StudioEpisode,
)
from wavehouse.studio.types.requests import MadeEpisode, RequestState, Series
from wavehouse.studio.types.schedule import SlotStatus

__all__ = [
    "AddedNote",
    "Author",
    "Block",
    "BlockId",
    "BlockType",
    "CalendarSlot",
    "Change",
    "ChatMessage",
    "ChatProvider",
    "ChatSession",
    "ChatSessionId",
    "Colour",
    "Conversation",
    "Decision",
    "Document",
    "DocumentId",
    "DocumentKind",
    "DocumentText",
    "EpisodeStatus",
    "EventState",
    "EventType",
    "Highlight",
    "HighlightId",
    "HighlightState",
    "Imported",
    "Level",
    "LocalChat",
    "MadeEpisode",
    "Memory",
    "MemoryId",
    "MemoryKind",
    "MessageStatus",
    "MissedPolicy",
    "NewBlock",
    "NewEvent",
    "NewMemory",
    "NewProject",
    "Note",
    "NoteId",
    "NoteKind",
    "NoteState",
    "Passage",
    "PendingAnswer",
    "Piece",
    "Place",
    "ProductionChange",
    "Progress",
    "Project",
    "ProjectChange",
    "ProjectId",
    "ProjectStatus",
    "Reach",
    "Recorded",
    "RequestState",
    "Revision",
    "Series",
    "SlotStatus",
    "Source",
    "SourceKind",
    "StepLine",
    "StudioEpisode",
    "StudioEpisodeId",
    "Timeline",
    "UserEvent",
    "abort",
    "add_document",
    "add_highlight",
    "add_note",
    "announce_request",
    "archive_episode",
    "ask",
    "authors",
    "calendar_of",
    "change_production",
    "change_project",
    "chat_provider",
    "clock_of",
    "consume",
    "correct",
    "create_episode",
    "create_project",
    "delete_chat",
    "difference",
    "end_memory",
    "export_memories",
    "file_of",
    "follow",
    "forget",
    "import_memories",
    "list_chats",
    "list_documents",
    "list_episodes",
    "list_event_types",
    "list_events",
    "list_highlights",
    "list_notes",
    "list_projects",
    "memory_history",
    "notes_in_prompt",
    "notes_left_on",
    "notes_taken_by",
    "open_notes",
    "passages_of",
    "past_seconds",
    "place_of",
    "produce",
    "reach",
    "read_page",
    "read_pdf",
    "read_pdf_file",
    "recalled",
    "record_events",
    "register_event_type",
    "release_notes",
    "remember",
    "remove_document",
    "remove_highlight",
    "replay_events",
    "request_episode",
    "request_state",
    "retire_event_type",
    "revisions",
    "script",
    "series_for_learners",
    "set_project_status",
    "show_chat",
    "show_episode",
    "show_note",
    "show_project",
    "sources",
    "spoken_in",
    "start_chat",
    "step_lines",
    "store_of",
    "timeline_of",
    "withdraw_note",
    "work_slot",
    "write_script",
]
