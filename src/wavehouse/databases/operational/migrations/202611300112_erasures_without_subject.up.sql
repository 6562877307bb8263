-- Requests whose rows are gone have no subject any more, and several of them may be open.

DROP INDEX governance.erasure_requests_one_open_idx;
CREATE UNIQUE INDEX erasure_requests_one_open_idx
  ON governance.erasure_requests (purpose, subject_kind, organization_id, subject_id)
  WHERE completed_at IS NULL AND status <> 'rejected';
