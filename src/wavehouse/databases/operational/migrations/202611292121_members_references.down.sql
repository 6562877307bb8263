-- Fails while a guest's rows exist: they have no user of their organization to refer to.

ALTER TABLE accounts.api_keys
  DROP CONSTRAINT api_keys_user_id_fkey,
  ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE accounts.idempotency_keys
  DROP CONSTRAINT idempotency_keys_user_id_fkey,
  ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE accounts.login_links
  DROP CONSTRAINT login_links_user_id_fkey,
  ADD CONSTRAINT login_links_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE accounts.login_sessions
  DROP CONSTRAINT login_sessions_user_id_fkey,
  ADD CONSTRAINT login_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE catalog.podcasts
  DROP CONSTRAINT podcasts_user_id_fkey,
  ADD CONSTRAINT podcasts_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.campaigns
  DROP CONSTRAINT campaigns_user_id_fkey,
  ADD CONSTRAINT campaigns_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.reports
  DROP CONSTRAINT reports_user_id_fkey,
  ADD CONSTRAINT reports_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.sponsors
  DROP CONSTRAINT sponsors_user_id_fkey,
  ADD CONSTRAINT sponsors_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE studio.chat_sessions
  DROP CONSTRAINT chat_sessions_user_id_fkey,
  ADD CONSTRAINT chat_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE studio.highlights
  DROP CONSTRAINT highlights_user_id_fkey,
  ADD CONSTRAINT highlights_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_author_id_fkey,
  ADD CONSTRAINT planning_notes_author_id_fkey FOREIGN KEY (organization_id, author_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE studio.projects
  DROP CONSTRAINT projects_owner_id_fkey,
  ADD CONSTRAINT projects_owner_id_fkey FOREIGN KEY (organization_id, owner_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT;
ALTER TABLE studio.user_events
  DROP CONSTRAINT user_events_user_id_fkey,
  ADD CONSTRAINT user_events_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE;
