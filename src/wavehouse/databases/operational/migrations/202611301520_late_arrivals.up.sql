-- Late arrivals: rows about a person who was erased are dropped, and counted in the ledger. SECURITY
-- DEFINER, so that a role needs no right to the ledger; hashes are keyed outside of the database.

CREATE FUNCTION governance.late_arrivals(hashes bytea[], moments timestamptz[]) RETURNS SETOF bigint
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
  WITH late AS MATERIALIZED (
    SELECT t.n, l.identifier_hash
    FROM unnest(hashes, moments) WITH ORDINALITY AS t (hash, at, n)
    JOIN governance.erasure_ledger l ON l.identifier_hash = t.hash
    WHERE l.status <> 'held' AND (t.at IS NULL OR t.at <= l.recorded_at)
    ORDER BY l.identifier_hash
    FOR UPDATE OF l),
  counted AS (
    UPDATE governance.erasure_ledger l SET late_arrivals = l.late_arrivals + c.number
    FROM (SELECT identifier_hash, count(*) AS number FROM late GROUP BY identifier_hash) c
    WHERE l.identifier_hash = c.identifier_hash
    RETURNING l.identifier_hash)
  SELECT n FROM late ORDER BY n
$$;
REVOKE ALL ON FUNCTION governance.late_arrivals(bytea[], timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION governance.late_arrivals(bytea[], timestamptz[]) TO wavehouse_operational_app, wavehouse_operational_worker;
COMMENT ON FUNCTION governance.late_arrivals(bytea[], timestamptz[]) IS 'The numbers, from 1, of arrivals about erased people, which are counted. A moment of NULL is always late.';
