DROP FUNCTION usage.adjust(uuid, uuid, timestamptz, uuid, integer, numeric, jsonb, timestamptz, jsonb, timestamptz);
