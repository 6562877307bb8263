-- The cover of a project; without one a plain picture is generated.

ALTER TABLE studio.productions
  ADD COLUMN cover_ref  text,
  ADD COLUMN cover_type text
    CONSTRAINT productions_cover_type_check CHECK (cover_type IN ('image/png', 'image/jpeg'));
ALTER TABLE studio.productions ADD CONSTRAINT productions_cover_check
  CHECK ((cover_ref IS NULL) = (cover_type IS NULL)) NOT VALID;
ALTER TABLE studio.productions VALIDATE CONSTRAINT productions_cover_check;
COMMENT ON COLUMN studio.productions.cover_ref IS 'The cover in the studio''s store; null for the generated one.';
COMMENT ON COLUMN studio.productions.cover_type IS 'Media type of the cover.';
