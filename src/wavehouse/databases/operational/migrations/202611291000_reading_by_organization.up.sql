-- Reading figures, and closing rows of the quarantine, under row security: an identity's
-- transaction sees and changes the rows of its organization and no others.

GRANT UPDATE (status, resolved_at) ON measurement.quarantine TO wavehouse_operational_app;
GRANT SELECT ON measurement.dirty_log TO wavehouse_operational_app;
