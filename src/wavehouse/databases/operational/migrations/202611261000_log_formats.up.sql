-- Fastly, Cloudflare and OP3. OP3 tells no address, so its estimates (R30) have no network.

ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check CHECK (
  format IN ('cloudfront', 'combined', 'fastly', 'cloudflare', 'op3', 'conversions'));

ALTER TABLE measurement.downloads ALTER COLUMN network DROP NOT NULL;
COMMENT ON COLUMN measurement.downloads.network IS 'The network only (/24 or /48), never an address; NULL when the log told a hash only.';
