DROP FUNCTION governance.drop_partition(regclass, regclass, date);
