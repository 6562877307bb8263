DROP INDEX governance.erasure_requests_one_open_idx;
CREATE UNIQUE INDEX erasure_requests_one_open_idx
  ON governance.erasure_requests (purpose, subject_kind, organization_id, subject_id) NULLS NOT DISTINCT
  WHERE completed_at IS NULL AND status <> 'rejected';
