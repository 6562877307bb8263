-- R26 and R29 are said here: the header and one minute of the rest, rounded up; the whole file when
-- that cannot be computed, or is shorter than a minute. Virtual, so nothing is rewritten.

ALTER TABLE catalog.enclosures ADD COLUMN threshold_bytes bigint GENERATED ALWAYS AS (
  CASE WHEN header_bytes IS NULL OR duration_ms IS NULL OR duration_ms < 60000 THEN bytes
    ELSE header_bytes + ((bytes - header_bytes) * 60000 + duration_ms - 1) / duration_ms END
) VIRTUAL;
COMMENT ON COLUMN catalog.enclosures.threshold_bytes IS 'How many bytes of the file are a download (R26, R29).';
