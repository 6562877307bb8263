DROP FUNCTION measurement.changed_days(date, date);
