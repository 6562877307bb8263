-- Raw events that were deleted do not come back: their counts go with the table.

DROP FUNCTION learning.archive_events(timestamptz, integer);
DROP FUNCTION learning.archivable_events(timestamptz);
DROP INDEX learning.generation_status_unfinished_idx;
DROP INDEX learning.sessions_archivable_idx;
DROP TABLE learning.session_activity;
