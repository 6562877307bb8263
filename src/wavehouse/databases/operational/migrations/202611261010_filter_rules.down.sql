DROP TABLE measurement.inclusion_validations;
DROP TABLE measurement.inclusions;
ALTER TABLE measurement.requests DROP COLUMN flags;
