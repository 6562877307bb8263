-- A foreign key between two tables of tenants names the organization too, so that a row can only
-- refer to a row of its own organization. First the keys that it refers to.

ALTER TABLE accounts.api_keys
  ADD CONSTRAINT api_keys_organization_id_api_key_id_key UNIQUE (organization_id, api_key_id);
ALTER TABLE accounts.users
  ADD CONSTRAINT users_organization_id_user_id_key UNIQUE (organization_id, user_id);
ALTER TABLE catalog.enclosures
  ADD CONSTRAINT enclosures_organization_id_enclosure_id_key UNIQUE (organization_id, enclosure_id);
ALTER TABLE catalog.episodes
  ADD CONSTRAINT episodes_organization_id_episode_id_key UNIQUE (organization_id, episode_id);
ALTER TABLE catalog.podcasts
  ADD CONSTRAINT podcasts_organization_id_podcast_id_key UNIQUE (organization_id, podcast_id);
ALTER TABLE learning.content
  ADD CONSTRAINT content_organization_id_id_key UNIQUE (organization_id, id);
ALTER TABLE learning.learners
  ADD CONSTRAINT learners_organization_id_learner_id_key UNIQUE (organization_id, learner_id);
ALTER TABLE learning.sessions
  ADD CONSTRAINT sessions_organization_id_id_key UNIQUE (organization_id, id);
ALTER TABLE measurement.inclusions
  ADD CONSTRAINT inclusions_organization_id_inclusion_id_key UNIQUE (organization_id, inclusion_id);
ALTER TABLE measurement.source_files
  ADD CONSTRAINT source_files_organization_id_source_file_id_key UNIQUE (organization_id, source_file_id);
ALTER TABLE queue.outbox
  ADD CONSTRAINT outbox_organization_id_outbox_id_key UNIQUE (organization_id, outbox_id);
ALTER TABLE queue.webhook_endpoints
  ADD CONSTRAINT webhook_endpoints_organization_id_webhook_endpoint_id_key UNIQUE (organization_id, webhook_endpoint_id);
ALTER TABLE sponsorship.campaigns
  ADD CONSTRAINT campaigns_organization_id_campaign_id_key UNIQUE (organization_id, campaign_id);
ALTER TABLE sponsorship.conversions
  ADD CONSTRAINT conversions_organization_id_conversion_id_key UNIQUE (organization_id, conversion_id);
ALTER TABLE sponsorship.pixels
  ADD CONSTRAINT pixels_organization_id_pixel_id_key UNIQUE (organization_id, pixel_id);
ALTER TABLE sponsorship.sponsors
  ADD CONSTRAINT sponsors_organization_id_sponsor_id_key UNIQUE (organization_id, sponsor_id);
ALTER TABLE studio.agent_memory
  ADD CONSTRAINT agent_memory_organization_id_memory_id_key UNIQUE (organization_id, memory_id);
ALTER TABLE studio.blocks
  ADD CONSTRAINT blocks_organization_id_block_id_key UNIQUE (organization_id, block_id);
ALTER TABLE studio.chat_messages
  ADD CONSTRAINT chat_messages_organization_id_message_id_key UNIQUE (organization_id, message_id);
ALTER TABLE studio.chat_sessions
  ADD CONSTRAINT chat_sessions_organization_id_chat_session_id_key UNIQUE (organization_id, chat_session_id);
ALTER TABLE studio.episodes
  ADD CONSTRAINT episodes_organization_id_episode_id_key UNIQUE (organization_id, episode_id);
ALTER TABLE studio.projects
  ADD CONSTRAINT projects_organization_id_project_id_key UNIQUE (organization_id, project_id);
ALTER TABLE usage.budgets
  ADD CONSTRAINT budgets_organization_id_budget_id_key UNIQUE (organization_id, budget_id);
