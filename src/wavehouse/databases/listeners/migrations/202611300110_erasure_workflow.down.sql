COMMENT ON COLUMN governance.erasure_steps.erasure_request_id IS 'The request.';
DELETE FROM governance.erasure_steps s
WHERE NOT EXISTS (
  SELECT FROM governance.erasure_requests r WHERE r.erasure_request_id = s.erasure_request_id);
DELETE FROM governance.erasure_steps WHERE store NOT IN ('operational', 'listeners', 'analytics', 'files', 'processor');
ALTER TABLE governance.erasure_steps
  DROP CONSTRAINT erasure_steps_store_check,
  ADD CONSTRAINT erasure_steps_store_check CHECK (store IN ('operational', 'listeners', 'analytics', 'files', 'processor')),
  ADD CONSTRAINT erasure_steps_erasure_request_id_fkey
    FOREIGN KEY (erasure_request_id) REFERENCES governance.erasure_requests ON DELETE CASCADE;
DROP INDEX governance.erasure_requests_organization_id_idx;
DROP INDEX governance.erasure_requests_link_hash_idx;
DROP INDEX governance.erasure_requests_one_open_idx;
DELETE FROM governance.erasure_requests WHERE subject_kind NOT IN ('listener', 'creator', 'contact');
ALTER TABLE governance.erasure_requests
  DROP CONSTRAINT erasure_requests_plan_check,
  DROP CONSTRAINT erasure_requests_decision_check,
  DROP CONSTRAINT erasure_requests_second_person_check,
  DROP CONSTRAINT erasure_requests_link_check,
  DROP CONSTRAINT erasure_requests_link_hash_check,
  DROP CONSTRAINT erasure_requests_undo_days_check,
  DROP CONSTRAINT erasure_requests_purpose_check,
  DROP COLUMN identifiers_sealed,
  DROP COLUMN failure,
  DROP COLUMN plan,
  DROP COLUMN policy_version,
  DROP COLUMN extended_at,
  DROP COLUMN acknowledged_at,
  DROP COLUMN due_acknowledgement_at,
  DROP COLUMN link_expires_at,
  DROP COLUMN link_hash,
  DROP COLUMN decision_reason,
  DROP COLUMN decided_at,
  DROP COLUMN decided_by,
  DROP COLUMN filed_by,
  DROP COLUMN undo_days,
  DROP COLUMN purpose,
  DROP COLUMN organization_id,
  DROP CONSTRAINT erasure_requests_subject_kind_check,
  ADD CONSTRAINT erasure_requests_subject_kind_check CHECK (subject_kind IN ('listener', 'creator', 'contact'));
