COMMENT ON COLUMN catalog.enclosures.bytes IS 'Its size.';
DROP TABLE catalog.segments;
