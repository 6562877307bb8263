DROP TABLE queue.outbox;
DROP TABLE queue.schedules;
DROP TABLE queue.leader;
DROP TABLE queue.workers;
DROP TABLE queue.jobs_done;
SELECT schema_ops.drop_leftovers('queue', 'jobs_done');
DROP TABLE queue.jobs;
