DROP TABLE schema_ops.backfills;
DROP TABLE schema_ops.approvals;
