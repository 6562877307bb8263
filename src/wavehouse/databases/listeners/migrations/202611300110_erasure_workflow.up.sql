-- A request to be forgotten, or for a copy of one's data, with its decision and its frozen plan.

ALTER TABLE governance.erasure_requests
  DROP CONSTRAINT erasure_requests_subject_kind_check,
  ADD CONSTRAINT erasure_requests_subject_kind_check
    CHECK (subject_kind IN ('listener', 'contact')) NOT VALID,
  ADD COLUMN organization_id uuid,
  ADD COLUMN purpose text NOT NULL DEFAULT 'erasure',
  ADD COLUMN undo_days smallint NOT NULL DEFAULT 0,
  ADD COLUMN filed_by uuid,
  ADD COLUMN decided_by uuid,
  ADD COLUMN decided_at timestamptz,
  ADD COLUMN decision_reason text,
  ADD COLUMN link_hash bytea,
  ADD COLUMN link_expires_at timestamptz,
  ADD COLUMN due_acknowledgement_at timestamptz,
  ADD COLUMN acknowledged_at timestamptz,
  ADD COLUMN extended_at timestamptz,
  ADD COLUMN policy_version text,
  ADD COLUMN plan jsonb,
  ADD COLUMN failure text,
  ADD COLUMN identifiers_sealed bytea,
  ADD CONSTRAINT erasure_requests_purpose_check CHECK (purpose IN ('erasure', 'access')) NOT VALID,
  ADD CONSTRAINT erasure_requests_undo_days_check CHECK (undo_days BETWEEN 0 AND 7) NOT VALID,
  ADD CONSTRAINT erasure_requests_link_hash_check CHECK (length(link_hash) = 32) NOT VALID,
  ADD CONSTRAINT erasure_requests_link_check
    CHECK ((link_hash IS NULL) = (link_expires_at IS NULL)) NOT VALID,
  ADD CONSTRAINT erasure_requests_second_person_check CHECK (filed_by <> decided_by) NOT VALID,
  ADD CONSTRAINT erasure_requests_decision_check
    CHECK (decided_by IS NULL OR decided_at IS NOT NULL) NOT VALID,
  ADD CONSTRAINT erasure_requests_plan_check CHECK (jsonb_typeof(plan) = 'array') NOT VALID;
CREATE UNIQUE INDEX erasure_requests_one_open_idx
  ON governance.erasure_requests (purpose, subject_kind, organization_id, subject_id) NULLS NOT DISTINCT
  WHERE completed_at IS NULL AND status <> 'rejected';
CREATE UNIQUE INDEX erasure_requests_link_hash_idx ON governance.erasure_requests (link_hash);
COMMENT ON COLUMN governance.erasure_requests.organization_id IS 'The installation''s organization, whose administrators decide.';
CREATE INDEX erasure_requests_organization_id_idx ON governance.erasure_requests (organization_id);
COMMENT ON COLUMN governance.erasure_requests.purpose IS 'Erasure, or access: a copy of the data.';
COMMENT ON COLUMN governance.erasure_requests.undo_days IS 'Days between the decision and the execution in which it can be undone.';
COMMENT ON COLUMN governance.erasure_requests.filed_by IS 'The administrator that filed it; NULL for the subject.';
COMMENT ON COLUMN governance.erasure_requests.decided_by IS 'The administrator that approved or rejected it; never the one that filed it.';
COMMENT ON COLUMN governance.erasure_requests.decided_at IS 'When it was approved or rejected.';
COMMENT ON COLUMN governance.erasure_requests.decision_reason IS 'Why, in the words of the administrator, without personal data.';
COMMENT ON COLUMN governance.erasure_requests.link_hash IS 'SHA-256 of the token in the emailed link; emptied when it is used.';
COMMENT ON COLUMN governance.erasure_requests.link_expires_at IS 'Until when the link works.';
COMMENT ON COLUMN governance.erasure_requests.due_acknowledgement_at IS 'Ten business days after receipt (CCPA).';
COMMENT ON COLUMN governance.erasure_requests.acknowledged_at IS 'When receipt was confirmed.';
COMMENT ON COLUMN governance.erasure_requests.extended_at IS 'When the subject was notified of an extension.';
COMMENT ON COLUMN governance.erasure_requests.policy_version IS 'Digest of the classification that the plan was made under.';
COMMENT ON COLUMN governance.erasure_requests.plan IS 'The frozen steps of the plan.';
COMMENT ON COLUMN governance.erasure_requests.failure IS 'Why the last run stopped, without personal data.';
COMMENT ON COLUMN governance.erasure_requests.identifiers_sealed IS 'The identifiers that verification searches, encrypted under a key outside the database; emptied at completion.';

ALTER TABLE governance.erasure_steps
  DROP CONSTRAINT erasure_steps_erasure_request_id_fkey,
  DROP CONSTRAINT erasure_steps_store_check,
  ADD CONSTRAINT erasure_steps_store_check
    CHECK (store IN ('operational', 'learning', 'listeners', 'analytics', 'files', 'processor')) NOT VALID;
COMMENT ON COLUMN governance.erasure_steps.erasure_request_id IS 'The request. No foreign key: a step is in the database that it changes, its request in the subject''s.';
