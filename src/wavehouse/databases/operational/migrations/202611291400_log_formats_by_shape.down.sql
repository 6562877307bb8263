-- A file that is forgotten is read again; its requests are known by their ids.
DELETE FROM measurement.source_files WHERE format NOT IN
  ('cloudfront', 'combined', 'fastly', 'cloudflare', 'op3', 'conversions');
ALTER TABLE measurement.source_files DROP COLUMN template;
ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check CHECK (
  format IN ('cloudfront', 'combined', 'fastly', 'cloudflare', 'op3', 'conversions'));
