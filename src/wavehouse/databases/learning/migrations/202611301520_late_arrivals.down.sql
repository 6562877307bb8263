DROP FUNCTION governance.late_arrivals(bytea[], timestamptz[]);
