-- How long a station waits before it boots again while its registration is Pending or Rejected; NULL = a spread
-- by station.

ALTER TABLE stations ADD COLUMN boot_retry_seconds integer;

-- apply_views as the migrations before this one left it, and this column beside the others of a station.
DO $$
DECLARE
  before_it text := pg_get_functiondef('apply_views(json)'::regprocedure);
  anchor text := 'registration = excluded.registration,';
  after_it text := replace(before_it, anchor, anchor || ' boot_retry_seconds = excluded.boot_retry_seconds,');
BEGIN
  IF after_it = before_it THEN
    RAISE EXCEPTION 'apply_views does not update registrations: it has changed';
  END IF;
  EXECUTE after_it;
END $$;
