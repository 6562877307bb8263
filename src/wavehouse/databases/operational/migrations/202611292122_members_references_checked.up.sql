-- Every row that was there before refers to a membership of its own organization.

ALTER TABLE accounts.api_keys VALIDATE CONSTRAINT api_keys_user_id_fkey;
ALTER TABLE accounts.idempotency_keys VALIDATE CONSTRAINT idempotency_keys_user_id_fkey;
ALTER TABLE accounts.login_links VALIDATE CONSTRAINT login_links_user_id_fkey;
ALTER TABLE accounts.login_sessions VALIDATE CONSTRAINT login_sessions_user_id_fkey;
ALTER TABLE catalog.podcasts VALIDATE CONSTRAINT podcasts_user_id_fkey;
ALTER TABLE sponsorship.campaigns VALIDATE CONSTRAINT campaigns_user_id_fkey;
ALTER TABLE sponsorship.reports VALIDATE CONSTRAINT reports_user_id_fkey;
ALTER TABLE sponsorship.sponsors VALIDATE CONSTRAINT sponsors_user_id_fkey;
ALTER TABLE studio.chat_sessions VALIDATE CONSTRAINT chat_sessions_user_id_fkey;
ALTER TABLE studio.highlights VALIDATE CONSTRAINT highlights_user_id_fkey;
ALTER TABLE studio.planning_notes VALIDATE CONSTRAINT planning_notes_author_id_fkey;
ALTER TABLE studio.projects VALIDATE CONSTRAINT projects_owner_id_fkey;
ALTER TABLE studio.user_events VALIDATE CONSTRAINT user_events_user_id_fkey;
