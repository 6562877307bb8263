DROP INDEX studio.episode_schedule_done_organization_id_project_id_idx;
REVOKE INSERT, UPDATE ON studio.generation_steps FROM wavehouse_operational_app;
REVOKE INSERT, DELETE ON queue.slot_ledger FROM wavehouse_operational_app;
DROP TABLE studio.publications;
DROP TABLE studio.productions;
