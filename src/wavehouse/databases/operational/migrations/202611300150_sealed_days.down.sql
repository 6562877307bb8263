DROP FUNCTION measurement.complete_from();
DROP FUNCTION measurement.sealed_between(date, date);
DROP TABLE measurement.sealed_days;
DROP TRIGGER rolled_days ON measurement.dirty_log;
DROP TRIGGER counted_days ON measurement.count_log;
DROP FUNCTION measurement.note_rolled_days();
DROP FUNCTION measurement.note_counted_days();
DROP TABLE measurement.day_changes;
