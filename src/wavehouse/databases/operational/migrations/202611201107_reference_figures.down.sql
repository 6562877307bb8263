DELETE FROM measurement.source_files
  WHERE format NOT IN ('cloudfront', 'combined', 'conversions');
ALTER TABLE measurement.source_files DROP CONSTRAINT source_files_format_check;
ALTER TABLE measurement.source_files ADD CONSTRAINT source_files_format_check
  CHECK (format IN ('cloudfront', 'combined', 'conversions'));
DROP TABLE measurement.platform_metrics;
DROP TABLE measurement.reference_lists;
