ALTER TABLE catalog.enclosures DROP COLUMN threshold_bytes;
