DROP FUNCTION measurement.sealed_through(date, date);
