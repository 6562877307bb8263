-- The foreign keys with the organization, in place of those without. Rows that are there already are
-- checked by the next migration, under a lock that lets writers through; partitioned tables are
-- checked at once.

ALTER TABLE accounts.api_keys
  DROP CONSTRAINT api_keys_rotated_from_fkey,
  ADD CONSTRAINT api_keys_rotated_from_fkey FOREIGN KEY (organization_id, rotated_from)
  REFERENCES accounts.api_keys (organization_id, api_key_id) ON DELETE SET NULL (rotated_from) NOT VALID;
ALTER TABLE accounts.api_keys
  DROP CONSTRAINT api_keys_user_id_fkey,
  ADD CONSTRAINT api_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE accounts.idempotency_keys
  DROP CONSTRAINT idempotency_keys_user_id_fkey,
  ADD CONSTRAINT idempotency_keys_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE accounts.login_links
  DROP CONSTRAINT login_links_user_id_fkey,
  ADD CONSTRAINT login_links_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE accounts.login_sessions
  DROP CONSTRAINT login_sessions_user_id_fkey,
  ADD CONSTRAINT login_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.enclosures
  DROP CONSTRAINT enclosures_episode_id_fkey,
  ADD CONSTRAINT enclosures_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.enclosures
  DROP CONSTRAINT enclosures_podcast_id_fkey,
  ADD CONSTRAINT enclosures_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.episodes
  DROP CONSTRAINT episodes_podcast_id_fkey,
  ADD CONSTRAINT episodes_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.podcasts
  DROP CONSTRAINT podcasts_user_id_fkey,
  ADD CONSTRAINT podcasts_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE catalog.segments
  DROP CONSTRAINT segments_enclosure_id_fkey,
  ADD CONSTRAINT segments_enclosure_id_fkey FOREIGN KEY (organization_id, enclosure_id)
  REFERENCES catalog.enclosures (organization_id, enclosure_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE catalog.transcripts
  DROP CONSTRAINT transcripts_episode_id_fkey,
  ADD CONSTRAINT transcripts_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.behavioral_events
  DROP CONSTRAINT behavioral_events_content_id_fkey,
  ADD CONSTRAINT behavioral_events_content_id_fkey FOREIGN KEY (organization_id, content_id)
  REFERENCES learning.content (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.behavioral_events
  DROP CONSTRAINT behavioral_events_session_id_fkey,
  ADD CONSTRAINT behavioral_events_session_id_fkey FOREIGN KEY (organization_id, session_id)
  REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.generation_status
  DROP CONSTRAINT generation_status_content_id_fkey,
  ADD CONSTRAINT generation_status_content_id_fkey FOREIGN KEY (organization_id, content_id)
  REFERENCES learning.content (organization_id, id) ON DELETE SET NULL (content_id) NOT VALID;
ALTER TABLE learning.generation_status
  DROP CONSTRAINT generation_status_session_id_fkey,
  ADD CONSTRAINT generation_status_session_id_fkey FOREIGN KEY (organization_id, session_id)
  REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.learner_counters
  DROP CONSTRAINT learner_counters_learner_id_fkey,
  ADD CONSTRAINT learner_counters_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
  REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.learner_model_state
  DROP CONSTRAINT learner_model_state_session_id_fkey,
  ADD CONSTRAINT learner_model_state_session_id_fkey FOREIGN KEY (organization_id, session_id)
  REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.like_engagement
  DROP CONSTRAINT like_engagement_content_id_fkey,
  ADD CONSTRAINT like_engagement_content_id_fkey FOREIGN KEY (organization_id, content_id)
  REFERENCES learning.content (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.like_engagement
  DROP CONSTRAINT like_engagement_session_id_fkey,
  ADD CONSTRAINT like_engagement_session_id_fkey FOREIGN KEY (organization_id, session_id)
  REFERENCES learning.sessions (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.recommendations
  DROP CONSTRAINT recommendations_content_id_fkey,
  ADD CONSTRAINT recommendations_content_id_fkey FOREIGN KEY (organization_id, content_id)
  REFERENCES learning.content (organization_id, id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.recommendations
  DROP CONSTRAINT recommendations_learner_id_fkey,
  ADD CONSTRAINT recommendations_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
  REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE learning.sessions
  DROP CONSTRAINT sessions_learner_id_fkey,
  ADD CONSTRAINT sessions_learner_id_fkey FOREIGN KEY (organization_id, learner_id)
  REFERENCES learning.learners (organization_id, learner_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE measurement.inclusion_validations
  DROP CONSTRAINT inclusion_validations_inclusion_id_fkey,
  ADD CONSTRAINT inclusion_validations_inclusion_id_fkey FOREIGN KEY (organization_id, inclusion_id)
  REFERENCES measurement.inclusions (organization_id, inclusion_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE measurement.ingest_batches
  DROP CONSTRAINT ingest_batches_source_file_id_fkey,
  ADD CONSTRAINT ingest_batches_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id)
  REFERENCES measurement.source_files (organization_id, source_file_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE measurement.platform_metrics
  DROP CONSTRAINT platform_metrics_episode_id_fkey,
  ADD CONSTRAINT platform_metrics_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE measurement.platform_metrics
  DROP CONSTRAINT platform_metrics_podcast_id_fkey,
  ADD CONSTRAINT platform_metrics_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE measurement.platform_metrics
  DROP CONSTRAINT platform_metrics_source_file_id_fkey,
  ADD CONSTRAINT platform_metrics_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id)
  REFERENCES measurement.source_files (organization_id, source_file_id) ON DELETE SET NULL (source_file_id) NOT VALID;
ALTER TABLE measurement.quarantine
  DROP CONSTRAINT quarantine_source_file_id_fkey,
  ADD CONSTRAINT quarantine_source_file_id_fkey FOREIGN KEY (organization_id, source_file_id)
  REFERENCES measurement.source_files (organization_id, source_file_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE queue.webhook_deliveries
  DROP CONSTRAINT webhook_deliveries_outbox_id_fkey,
  ADD CONSTRAINT webhook_deliveries_outbox_id_fkey FOREIGN KEY (organization_id, outbox_id)
  REFERENCES queue.outbox (organization_id, outbox_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE queue.webhook_deliveries
  DROP CONSTRAINT webhook_deliveries_webhook_endpoint_id_fkey,
  ADD CONSTRAINT webhook_deliveries_webhook_endpoint_id_fkey FOREIGN KEY (organization_id, webhook_endpoint_id)
  REFERENCES queue.webhook_endpoints (organization_id, webhook_endpoint_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.attribution_events
  DROP CONSTRAINT attribution_events_campaign_id_fkey,
  ADD CONSTRAINT attribution_events_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.attribution_events
  DROP CONSTRAINT attribution_events_episode_id_fkey,
  ADD CONSTRAINT attribution_events_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE SET NULL (episode_id);
ALTER TABLE sponsorship.attribution_events
  DROP CONSTRAINT attribution_events_podcast_id_fkey,
  ADD CONSTRAINT attribution_events_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE RESTRICT;
ALTER TABLE sponsorship.attribution_evidence
  DROP CONSTRAINT attribution_evidence_campaign_id_fkey,
  ADD CONSTRAINT attribution_evidence_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.attribution_evidence
  DROP CONSTRAINT attribution_evidence_conversion_id_fkey,
  ADD CONSTRAINT attribution_evidence_conversion_id_fkey FOREIGN KEY (organization_id, conversion_id)
  REFERENCES sponsorship.conversions (organization_id, conversion_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.campaign_placements
  DROP CONSTRAINT campaign_placements_campaign_id_fkey,
  ADD CONSTRAINT campaign_placements_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.campaign_placements
  DROP CONSTRAINT campaign_placements_episode_id_fkey,
  ADD CONSTRAINT campaign_placements_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.campaigns
  DROP CONSTRAINT campaigns_podcast_id_fkey,
  ADD CONSTRAINT campaigns_podcast_id_fkey FOREIGN KEY (organization_id, podcast_id)
  REFERENCES catalog.podcasts (organization_id, podcast_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.campaigns
  DROP CONSTRAINT campaigns_sponsor_id_fkey,
  ADD CONSTRAINT campaigns_sponsor_id_fkey FOREIGN KEY (organization_id, sponsor_id)
  REFERENCES sponsorship.sponsors (organization_id, sponsor_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.campaigns
  DROP CONSTRAINT campaigns_user_id_fkey,
  ADD CONSTRAINT campaigns_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.conversions
  DROP CONSTRAINT conversions_pixel_id_fkey,
  ADD CONSTRAINT conversions_pixel_id_fkey FOREIGN KEY (organization_id, pixel_id)
  REFERENCES sponsorship.pixels (organization_id, pixel_id) ON DELETE SET NULL (pixel_id) NOT VALID;
ALTER TABLE sponsorship.conversions
  DROP CONSTRAINT conversions_sponsor_id_fkey,
  ADD CONSTRAINT conversions_sponsor_id_fkey FOREIGN KEY (organization_id, sponsor_id)
  REFERENCES sponsorship.sponsors (organization_id, sponsor_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.credits
  DROP CONSTRAINT credits_campaign_id_fkey,
  ADD CONSTRAINT credits_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.credits
  DROP CONSTRAINT credits_conversion_id_fkey,
  ADD CONSTRAINT credits_conversion_id_fkey FOREIGN KEY (organization_id, conversion_id)
  REFERENCES sponsorship.conversions (organization_id, conversion_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.lift_results
  DROP CONSTRAINT lift_results_campaign_id_fkey,
  ADD CONSTRAINT lift_results_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.pixels
  DROP CONSTRAINT pixels_campaign_id_fkey,
  ADD CONSTRAINT pixels_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.promo_codes
  DROP CONSTRAINT promo_codes_campaign_id_fkey,
  ADD CONSTRAINT promo_codes_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE sponsorship.reports
  DROP CONSTRAINT reports_campaign_id_fkey,
  ADD CONSTRAINT reports_campaign_id_fkey FOREIGN KEY (organization_id, campaign_id)
  REFERENCES sponsorship.campaigns (organization_id, campaign_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.reports
  DROP CONSTRAINT reports_user_id_fkey,
  ADD CONSTRAINT reports_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE sponsorship.sponsors
  DROP CONSTRAINT sponsors_user_id_fkey,
  ADD CONSTRAINT sponsors_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE studio.agent_memory
  DROP CONSTRAINT agent_memory_project_id_fkey,
  ADD CONSTRAINT agent_memory_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.agent_memory
  DROP CONSTRAINT agent_memory_superseded_by_fkey,
  ADD CONSTRAINT agent_memory_superseded_by_fkey FOREIGN KEY (organization_id, superseded_by)
  REFERENCES studio.agent_memory (organization_id, memory_id) ON DELETE SET NULL (superseded_by) NOT VALID;
ALTER TABLE studio.blocks
  DROP CONSTRAINT blocks_episode_id_fkey,
  ADD CONSTRAINT blocks_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES studio.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.chat_messages
  DROP CONSTRAINT chat_messages_chat_session_id_fkey,
  ADD CONSTRAINT chat_messages_chat_session_id_fkey FOREIGN KEY (organization_id, chat_session_id)
  REFERENCES studio.chat_sessions (organization_id, chat_session_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.chat_messages
  DROP CONSTRAINT chat_messages_parent_id_fkey,
  ADD CONSTRAINT chat_messages_parent_id_fkey FOREIGN KEY (organization_id, parent_id)
  REFERENCES studio.chat_messages (organization_id, message_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.chat_sessions
  DROP CONSTRAINT chat_sessions_project_id_fkey,
  ADD CONSTRAINT chat_sessions_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.chat_sessions
  DROP CONSTRAINT chat_sessions_user_id_fkey,
  ADD CONSTRAINT chat_sessions_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.episode_schedule_done
  DROP CONSTRAINT episode_schedule_done_project_id_fkey,
  ADD CONSTRAINT episode_schedule_done_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE;
ALTER TABLE studio.episode_schedule_queue
  DROP CONSTRAINT episode_schedule_queue_episode_id_fkey,
  ADD CONSTRAINT episode_schedule_queue_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES studio.episodes (organization_id, episode_id) ON DELETE SET NULL (episode_id) NOT VALID;
ALTER TABLE studio.episode_schedule_queue
  DROP CONSTRAINT episode_schedule_queue_project_id_fkey,
  ADD CONSTRAINT episode_schedule_queue_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.episodes
  DROP CONSTRAINT episodes_catalog_episode_id_fkey,
  ADD CONSTRAINT episodes_catalog_episode_id_fkey FOREIGN KEY (organization_id, catalog_episode_id)
  REFERENCES catalog.episodes (organization_id, episode_id) ON DELETE SET NULL (catalog_episode_id) NOT VALID;
ALTER TABLE studio.episodes
  DROP CONSTRAINT episodes_project_id_fkey,
  ADD CONSTRAINT episodes_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.generation_steps
  DROP CONSTRAINT generation_steps_episode_id_fkey,
  ADD CONSTRAINT generation_steps_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES studio.episodes (organization_id, episode_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.highlights
  DROP CONSTRAINT highlights_block_id_fkey,
  ADD CONSTRAINT highlights_block_id_fkey FOREIGN KEY (organization_id, block_id)
  REFERENCES studio.blocks (organization_id, block_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.highlights
  DROP CONSTRAINT highlights_user_id_fkey,
  ADD CONSTRAINT highlights_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_applied_to_episode_id_fkey,
  ADD CONSTRAINT planning_notes_applied_to_episode_id_fkey FOREIGN KEY (organization_id, applied_to_episode_id)
  REFERENCES studio.episodes (organization_id, episode_id) ON DELETE SET NULL (applied_to_episode_id) NOT VALID;
ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_author_id_fkey,
  ADD CONSTRAINT planning_notes_author_id_fkey FOREIGN KEY (organization_id, author_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_episode_id_fkey,
  ADD CONSTRAINT planning_notes_episode_id_fkey FOREIGN KEY (organization_id, episode_id)
  REFERENCES studio.episodes (organization_id, episode_id) ON DELETE SET NULL (episode_id) NOT VALID;
ALTER TABLE studio.planning_notes
  DROP CONSTRAINT planning_notes_project_id_fkey,
  ADD CONSTRAINT planning_notes_project_id_fkey FOREIGN KEY (organization_id, project_id)
  REFERENCES studio.projects (organization_id, project_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE studio.projects
  DROP CONSTRAINT projects_owner_id_fkey,
  ADD CONSTRAINT projects_owner_id_fkey FOREIGN KEY (organization_id, owner_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE RESTRICT NOT VALID;
ALTER TABLE studio.user_events
  DROP CONSTRAINT user_events_user_id_fkey,
  ADD CONSTRAINT user_events_user_id_fkey FOREIGN KEY (organization_id, user_id)
  REFERENCES accounts.users (organization_id, user_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE usage.budget_alerts
  DROP CONSTRAINT budget_alerts_budget_id_fkey,
  ADD CONSTRAINT budget_alerts_budget_id_fkey FOREIGN KEY (organization_id, budget_id)
  REFERENCES usage.budgets (organization_id, budget_id) ON DELETE CASCADE NOT VALID;
ALTER TABLE usage.budget_reservations
  DROP CONSTRAINT budget_reservations_budget_id_fkey,
  ADD CONSTRAINT budget_reservations_budget_id_fkey FOREIGN KEY (organization_id, budget_id)
  REFERENCES usage.budgets (organization_id, budget_id) ON DELETE CASCADE NOT VALID;
