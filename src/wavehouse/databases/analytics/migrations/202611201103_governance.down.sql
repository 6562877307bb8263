DROP TABLE governance.lineage_edges;
DROP TABLE governance.lineage_events;
SELECT schema_ops.drop_leftovers('governance', 'lineage_events');
DROP TABLE governance.quality_results;
DROP TABLE governance.retention_runs;
