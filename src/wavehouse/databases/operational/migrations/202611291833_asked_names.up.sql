-- The tables that were asked for, under the names and columns that were asked for (decision 1102).
-- Read-only: only SELECT is granted, and row security is that of the caller.

CREATE SCHEMA asked;
GRANT USAGE ON SCHEMA asked TO wavehouse_operational_app, wavehouse_operational_worker;

CREATE VIEW asked.users WITH (security_invoker = true) AS
  SELECT c.user_id, c.email, c.password_hash, c.name, c.role, c.subscription_tier,
         c.persona_segment, c.created_at, c.updated_at, c.last_login, c.is_active, c.metadata
  FROM accounts.users c;
REVOKE ALL ON asked.users FROM PUBLIC;
GRANT SELECT ON asked.users TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.users IS 'The table users as it was asked for; read-only, the rows are those of accounts.users.';
COMMENT ON COLUMN asked.users.user_id IS 'The person.';
COMMENT ON COLUMN asked.users.email IS 'The address to sign in with; unique without regard to case.';
COMMENT ON COLUMN asked.users.password_hash IS 'Hash of the password; an unusable mark for who signs in by link or elsewhere.';
COMMENT ON COLUMN asked.users.name IS 'What they are called.';
COMMENT ON COLUMN asked.users.role IS 'What they may do.';
COMMENT ON COLUMN asked.users.subscription_tier IS 'What they subscribed to.';
COMMENT ON COLUMN asked.users.persona_segment IS 'What kind of maker they are.';
COMMENT ON COLUMN asked.users.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.users.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.users.last_login IS 'When they last signed in.';
COMMENT ON COLUMN asked.users.is_active IS 'Whether they may sign in.';
COMMENT ON COLUMN asked.users.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.podcasts WITH (security_invoker = true) AS
  SELECT c.podcast_id, c.user_id, c.title, c.description, c.author, c.image_url, c.feed_url,
         c.website_url, c.language, c.category, c.explicit, c.platform_configs,
         c.ingestion_status, c.last_ingested_at, c.created_at, c.updated_at, c.metadata
  FROM catalog.podcasts c;
REVOKE ALL ON asked.podcasts FROM PUBLIC;
GRANT SELECT ON asked.podcasts TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.podcasts IS 'The table podcasts as it was asked for; read-only, the rows are those of catalog.podcasts.';
COMMENT ON COLUMN asked.podcasts.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.podcasts.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.podcasts.title IS 'Its title.';
COMMENT ON COLUMN asked.podcasts.description IS 'What it is about.';
COMMENT ON COLUMN asked.podcasts.author IS 'Who makes it.';
COMMENT ON COLUMN asked.podcasts.image_url IS 'Its picture.';
COMMENT ON COLUMN asked.podcasts.feed_url IS 'Its feed.';
COMMENT ON COLUMN asked.podcasts.website_url IS 'Its page.';
COMMENT ON COLUMN asked.podcasts.language IS 'Its language.';
COMMENT ON COLUMN asked.podcasts.category IS 'Its category.';
COMMENT ON COLUMN asked.podcasts.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN asked.podcasts.platform_configs IS 'Per platform: the sealed credential, the platform''s id of the show, the last synchronisation.';
COMMENT ON COLUMN asked.podcasts.ingestion_status IS 'Whether its feed is read.';
COMMENT ON COLUMN asked.podcasts.last_ingested_at IS 'When its feed was last read.';
COMMENT ON COLUMN asked.podcasts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.podcasts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.podcasts.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.episodes WITH (security_invoker = true) AS
  SELECT c.episode_id, c.podcast_id, c.guid, c.title, c.description, c.audio_url,
         c.duration_seconds, c.publish_date, c.link, c.author, c.categories, c.explicit,
         c.transcript_url, c.transcript_status, c.ad_slots, c.created_at, c.updated_at, c.metadata
  FROM catalog.episodes c;
REVOKE ALL ON asked.episodes FROM PUBLIC;
GRANT SELECT ON asked.episodes TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.episodes IS 'The table episodes as it was asked for; read-only, the rows are those of catalog.episodes.';
COMMENT ON COLUMN asked.episodes.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.episodes.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.episodes.guid IS 'Its id within its feed.';
COMMENT ON COLUMN asked.episodes.title IS 'Its title.';
COMMENT ON COLUMN asked.episodes.description IS 'What it is about.';
COMMENT ON COLUMN asked.episodes.audio_url IS 'Its media file, as the feed says.';
COMMENT ON COLUMN asked.episodes.duration_seconds IS 'Its length, as the feed says.';
COMMENT ON COLUMN asked.episodes.publish_date IS 'When it appeared.';
COMMENT ON COLUMN asked.episodes.link IS 'Its page.';
COMMENT ON COLUMN asked.episodes.author IS 'Who made it.';
COMMENT ON COLUMN asked.episodes.categories IS 'Its categories.';
COMMENT ON COLUMN asked.episodes.explicit IS 'Whether it is for adults.';
COMMENT ON COLUMN asked.episodes.transcript_url IS 'Its transcript, as the feed says.';
COMMENT ON COLUMN asked.episodes.transcript_status IS 'Where its transcript stands.';
COMMENT ON COLUMN asked.episodes.ad_slots IS 'Where advertisements are: start, end, campaign, how they were found, how surely.';
COMMENT ON COLUMN asked.episodes.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.episodes.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.episodes.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.sponsors WITH (security_invoker = true) AS
  SELECT c.sponsor_id, c.user_id, c.name, c.company, c.email, c.contact_name, c.phone, c.website,
         c.logo_url, c.industry, c.created_at, c.updated_at, c.metadata
  FROM sponsorship.sponsors c;
REVOKE ALL ON asked.sponsors FROM PUBLIC;
GRANT SELECT ON asked.sponsors TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.sponsors IS 'The table sponsors as it was asked for; read-only, the rows are those of sponsorship.sponsors.';
COMMENT ON COLUMN asked.sponsors.sponsor_id IS 'The sponsor.';
COMMENT ON COLUMN asked.sponsors.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.sponsors.name IS 'What people call them.';
COMMENT ON COLUMN asked.sponsors.company IS 'The company.';
COMMENT ON COLUMN asked.sponsors.email IS 'The address of the contact.';
COMMENT ON COLUMN asked.sponsors.contact_name IS 'The contact.';
COMMENT ON COLUMN asked.sponsors.phone IS 'Their telephone.';
COMMENT ON COLUMN asked.sponsors.website IS 'Their page.';
COMMENT ON COLUMN asked.sponsors.logo_url IS 'Their logo.';
COMMENT ON COLUMN asked.sponsors.industry IS 'Their line of business.';
COMMENT ON COLUMN asked.sponsors.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.sponsors.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.sponsors.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.campaigns WITH (security_invoker = true) AS
  SELECT c.campaign_id, c.user_id, c.podcast_id, c.sponsor_id, c.name, c.status,
         (c.start_date::timestamp AT TIME ZONE 'UTC') AS start_date,
         ((c.end_date + 1)::timestamp AT TIME ZONE 'UTC') AS end_date, c.campaign_value,
         c.episode_ids, c.attribution_config, c.notes, c.created_at, c.updated_at, c.metadata
  FROM sponsorship.campaigns c;
REVOKE ALL ON asked.campaigns FROM PUBLIC;
GRANT SELECT ON asked.campaigns TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.campaigns IS 'The table campaigns as it was asked for; read-only, the rows are those of sponsorship.campaigns.';
COMMENT ON COLUMN asked.campaigns.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.campaigns.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.campaigns.podcast_id IS 'The show that carries it.';
COMMENT ON COLUMN asked.campaigns.sponsor_id IS 'Who pays.';
COMMENT ON COLUMN asked.campaigns.name IS 'What people call it.';
COMMENT ON COLUMN asked.campaigns.status IS 'Where it stands.';
COMMENT ON COLUMN asked.campaigns.start_date IS 'Start of the first day, UTC.';
COMMENT ON COLUMN asked.campaigns.end_date IS 'End of the last day, UTC: the first instant after it.';
COMMENT ON COLUMN asked.campaigns.campaign_value IS 'What is paid for it.';
COMMENT ON COLUMN asked.campaigns.episode_ids IS 'The episodes that carry it; kept in step with the placements.';
COMMENT ON COLUMN asked.campaigns.attribution_config IS 'What it is tracked by: method, promo_code, pixel_url, utm_source, utm_medium, utm_campaign, custom_tracking_id, conversion_endpoint.';
COMMENT ON COLUMN asked.campaigns.notes IS 'Notes.';
COMMENT ON COLUMN asked.campaigns.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.campaigns.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.campaigns.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.listener_events WITH (security_invoker = true) AS
  SELECT c.event_id, c."timestamp", c.podcast_id, c.episode_id, c.campaign_id, c.event_type,
         c.platform, c.country_code, c.device_type, c.device_os, c.listen_duration_seconds,
         c.completion_rate, c.user_agent, c.ip_address, c.session_id, c.metadata
  FROM measurement.listener_events c;
REVOKE ALL ON asked.listener_events FROM PUBLIC;
GRANT SELECT ON asked.listener_events TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.listener_events IS 'The table listener_events as it was asked for; read-only, the rows are those of measurement.listener_events.';
COMMENT ON COLUMN asked.listener_events.event_id IS 'The event; a download''s own id for downloads.';
COMMENT ON COLUMN asked.listener_events."timestamp" IS 'When; the day it lies in.';
COMMENT ON COLUMN asked.listener_events.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.listener_events.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.listener_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.listener_events.event_type IS 'What was done.';
COMMENT ON COLUMN asked.listener_events.platform IS 'The app or platform.';
COMMENT ON COLUMN asked.listener_events.country_code IS 'Country of the network, ISO 3166-1 alpha-2.';
COMMENT ON COLUMN asked.listener_events.device_type IS 'The kind of device.';
COMMENT ON COLUMN asked.listener_events.device_os IS 'Its operating system.';
COMMENT ON COLUMN asked.listener_events.listen_duration_seconds IS 'Seconds heard.';
COMMENT ON COLUMN asked.listener_events.completion_rate IS 'The share of the episode that was heard.';
COMMENT ON COLUMN asked.listener_events.user_agent IS 'The user agent, where a platform tells it.';
COMMENT ON COLUMN asked.listener_events.ip_address IS 'The network only (/24 or /48), never a full address.';
COMMENT ON COLUMN asked.listener_events.session_id IS 'The player''s session.';
COMMENT ON COLUMN asked.listener_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.attribution_events WITH (security_invoker = true) AS
  SELECT c.event_id, c."timestamp", c.campaign_id, c.podcast_id, c.episode_id,
         c.attribution_method, c.attribution_data, c.conversion_data, c.listener_event_id,
         c.user_id, c.session_id, c.device_id, c.cross_device_match_id, c.demographic_lift,
         c.metadata
  FROM sponsorship.attribution_events c;
REVOKE ALL ON asked.attribution_events FROM PUBLIC;
GRANT SELECT ON asked.attribution_events TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.attribution_events IS 'The table attribution_events as it was asked for; read-only, the rows are those of sponsorship.attribution_events.';
COMMENT ON COLUMN asked.attribution_events.event_id IS 'The event.';
COMMENT ON COLUMN asked.attribution_events."timestamp" IS 'When it happened; the month it lies in.';
COMMENT ON COLUMN asked.attribution_events.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.attribution_events.podcast_id IS 'The show.';
COMMENT ON COLUMN asked.attribution_events.episode_id IS 'The episode, when it is known.';
COMMENT ON COLUMN asked.attribution_events.attribution_method IS 'By what it was matched.';
COMMENT ON COLUMN asked.attribution_events.attribution_data IS 'promo_code, utm_source, utm_medium, utm_campaign, pixel_id, referrer.';
COMMENT ON COLUMN asked.attribution_events.conversion_data IS 'conversion_type, conversion_value, currency, order_id, product_id.';
COMMENT ON COLUMN asked.attribution_events.listener_event_id IS 'The listener event that proves the exposure. No foreign key: raw events leave first.';
COMMENT ON COLUMN asked.attribution_events.user_id IS 'The sponsor''s id of the customer.';
COMMENT ON COLUMN asked.attribution_events.session_id IS 'The sponsor''s id of the visit.';
COMMENT ON COLUMN asked.attribution_events.device_id IS 'The sponsor''s id of the device.';
COMMENT ON COLUMN asked.attribution_events.cross_device_match_id IS 'Who belongs together by certain signs (AT11).';
COMMENT ON COLUMN asked.attribution_events.demographic_lift IS 'A projection of lift_results: absolute and relative named apart.';
COMMENT ON COLUMN asked.attribution_events.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.transcripts WITH (security_invoker = true) AS
  SELECT c.transcript_id, c.episode_id, c.status, c.source, c.language, c.transcript_text,
         c.transcript_json, c.word_count, c.duration_seconds, c.processing_started_at,
         c.processing_completed_at, c.error_message, c.created_at, c.updated_at, c.metadata
  FROM catalog.transcripts c;
REVOKE ALL ON asked.transcripts FROM PUBLIC;
GRANT SELECT ON asked.transcripts TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.transcripts IS 'The table transcripts as it was asked for; read-only, the rows are those of catalog.transcripts.';
COMMENT ON COLUMN asked.transcripts.transcript_id IS 'The transcript.';
COMMENT ON COLUMN asked.transcripts.episode_id IS 'The episode.';
COMMENT ON COLUMN asked.transcripts.status IS 'Where it stands.';
COMMENT ON COLUMN asked.transcripts.source IS 'Where it is from.';
COMMENT ON COLUMN asked.transcripts.language IS 'Its language.';
COMMENT ON COLUMN asked.transcripts.transcript_text IS 'The words.';
COMMENT ON COLUMN asked.transcripts.transcript_json IS 'Segments, speakers and advertisements.';
COMMENT ON COLUMN asked.transcripts.word_count IS 'Words.';
COMMENT ON COLUMN asked.transcripts.duration_seconds IS 'Length of what it covers.';
COMMENT ON COLUMN asked.transcripts.processing_started_at IS 'When the work began.';
COMMENT ON COLUMN asked.transcripts.processing_completed_at IS 'When it ended.';
COMMENT ON COLUMN asked.transcripts.error_message IS 'Why it failed.';
COMMENT ON COLUMN asked.transcripts.created_at IS 'When the row was made; bookkeeping.';
COMMENT ON COLUMN asked.transcripts.updated_at IS 'When the row last changed; kept by a trigger.';
COMMENT ON COLUMN asked.transcripts.metadata IS 'Further facts that need no column of their own yet.';

CREATE VIEW asked.reports WITH (security_invoker = true) AS
  SELECT c.report_id, c.user_id, c.campaign_id, c.template_id, c.report_type, c.format,
         c.file_url, c.file_size_bytes, c.includes_roi, c.includes_attribution,
         c.includes_benchmarks,
         (c.date_range_start::timestamp AT TIME ZONE 'UTC') AS date_range_start,
         ((c.date_range_end + 1)::timestamp AT TIME ZONE 'UTC') AS date_range_end,
         c.generated_at, c.metadata
  FROM sponsorship.reports c;
REVOKE ALL ON asked.reports FROM PUBLIC;
GRANT SELECT ON asked.reports TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON VIEW asked.reports IS 'The table reports as it was asked for; read-only, the rows are those of sponsorship.reports.';
COMMENT ON COLUMN asked.reports.report_id IS 'The report.';
COMMENT ON COLUMN asked.reports.user_id IS 'Who made or keeps it.';
COMMENT ON COLUMN asked.reports.campaign_id IS 'The campaign.';
COMMENT ON COLUMN asked.reports.template_id IS 'The template.';
COMMENT ON COLUMN asked.reports.report_type IS 'What kind of report.';
COMMENT ON COLUMN asked.reports.format IS 'The form of the file.';
COMMENT ON COLUMN asked.reports.file_url IS 'Where the file is.';
COMMENT ON COLUMN asked.reports.file_size_bytes IS 'How large it is.';
COMMENT ON COLUMN asked.reports.includes_roi IS 'Whether return on investment is in it.';
COMMENT ON COLUMN asked.reports.includes_attribution IS 'Whether attribution is in it.';
COMMENT ON COLUMN asked.reports.includes_benchmarks IS 'Whether comparisons are in it.';
COMMENT ON COLUMN asked.reports.date_range_start IS 'Start of the first day of the report, UTC.';
COMMENT ON COLUMN asked.reports.date_range_end IS 'End of the last day of the report, UTC: the first instant after it.';
COMMENT ON COLUMN asked.reports.generated_at IS 'When it was made.';
COMMENT ON COLUMN asked.reports.metadata IS 'Further facts that need no column of their own yet.';
