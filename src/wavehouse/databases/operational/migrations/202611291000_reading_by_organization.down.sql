REVOKE SELECT ON measurement.dirty_log FROM wavehouse_operational_app;
REVOKE UPDATE (status, resolved_at) ON measurement.quarantine FROM wavehouse_operational_app;
