-- A file that is forgotten is read anew; its requests are known by their ids.
DELETE FROM measurement.source_files WHERE format IN ('fastly', 'cloudflare', 'op3');
DELETE FROM measurement.downloads WHERE network IS NULL;
COMMENT ON COLUMN measurement.downloads.network IS 'The network only (/24 or /48), never an address.';
ALTER TABLE measurement.downloads ALTER COLUMN network SET NOT NULL;

ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check CHECK (
  format IN ('cloudfront', 'combined', 'conversions', 'op3', 'fastly', 'cloudflare', 'platform'));
