ALTER TABLE studio.productions DROP COLUMN cover_type, DROP COLUMN cover_ref;
