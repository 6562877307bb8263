-- The rules of requests are checked for the rows that are there.

ALTER TABLE governance.erasure_requests
  VALIDATE CONSTRAINT erasure_requests_subject_kind_check,
  VALIDATE CONSTRAINT erasure_requests_purpose_check,
  VALIDATE CONSTRAINT erasure_requests_undo_days_check,
  VALIDATE CONSTRAINT erasure_requests_link_hash_check,
  VALIDATE CONSTRAINT erasure_requests_link_check,
  VALIDATE CONSTRAINT erasure_requests_second_person_check,
  VALIDATE CONSTRAINT erasure_requests_decision_check,
  VALIDATE CONSTRAINT erasure_requests_plan_check;
ALTER TABLE governance.erasure_steps VALIDATE CONSTRAINT erasure_steps_store_check;
