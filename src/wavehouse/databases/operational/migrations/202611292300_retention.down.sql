DROP FUNCTION governance.raw_from();
DROP FUNCTION governance.drop_partition(regclass, regclass, date);
