ALTER TABLE governance.erasure_requests
  DROP CONSTRAINT erasure_requests_subject_kind_check,
  ADD CONSTRAINT erasure_requests_subject_kind_check CHECK (subject_kind IN ('creator', 'organization', 'buyer', 'contact', 'listener')) NOT VALID,
  DROP CONSTRAINT erasure_requests_purpose_check,
  ADD CONSTRAINT erasure_requests_purpose_check CHECK (purpose IN ('erasure', 'access')) NOT VALID,
  DROP CONSTRAINT erasure_requests_undo_days_check,
  ADD CONSTRAINT erasure_requests_undo_days_check CHECK (undo_days BETWEEN 0 AND 7) NOT VALID,
  DROP CONSTRAINT erasure_requests_link_hash_check,
  ADD CONSTRAINT erasure_requests_link_hash_check CHECK (length(link_hash) = 32) NOT VALID,
  DROP CONSTRAINT erasure_requests_link_check,
  ADD CONSTRAINT erasure_requests_link_check CHECK ((link_hash IS NULL) = (link_expires_at IS NULL)) NOT VALID,
  DROP CONSTRAINT erasure_requests_second_person_check,
  ADD CONSTRAINT erasure_requests_second_person_check CHECK (filed_by <> decided_by) NOT VALID,
  DROP CONSTRAINT erasure_requests_decision_check,
  ADD CONSTRAINT erasure_requests_decision_check CHECK (decided_by IS NULL OR decided_at IS NOT NULL) NOT VALID,
  DROP CONSTRAINT erasure_requests_plan_check,
  ADD CONSTRAINT erasure_requests_plan_check CHECK (jsonb_typeof(plan) = 'array') NOT VALID;
ALTER TABLE governance.erasure_steps
  DROP CONSTRAINT erasure_steps_store_check,
  ADD CONSTRAINT erasure_steps_store_check
    CHECK (store IN ('operational', 'learning', 'listeners', 'analytics', 'files', 'processor')) NOT VALID;
