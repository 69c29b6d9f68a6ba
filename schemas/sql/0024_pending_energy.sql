-- Readings of a quarter that has begun wait in session_progress, which every message updates anyway:
-- the roll-ups are written once per session and quarter, not once per message.

ALTER TABLE session_progress
  -- The reading before the newest one
  ADD COLUMN before_at timestamptz, ADD COLUMN before_wh bigint,
  -- The largest power since the last booking, and the same without the newest reading
  ADD COLUMN peak_w double precision, ADD COLUMN before_peak_w double precision;
