-- A look at a campaign takes as long as it has stations, whatever statistics the tables have (those that were just
-- written have none): other tables are read by key, row by row, and what a location allows stands with each station.

-- Where the station is, and how many of its location may be busy at once; null = any number.
ALTER TABLE campaign_stations ADD COLUMN location_id text, ADD COLUMN room integer;

-- The commands of these stations have come to something. A late answer revives who failed by silence.
DROP FUNCTION settle_campaign;
CREATE FUNCTION settle_campaign(p campaigns, p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  ended record;
  is_done boolean;
  is_last boolean;
BEGIN
  FOR ended IN
    SELECT s.station_id, s.step, m.status, CASE m.status
          WHEN 'rejected' THEN 'The station answered ' || coalesce(m.response->>'status', 'no')
          WHEN 'timedOut' THEN 'The station did not answer'
          WHEN 'unknown' THEN 'The connection was lost before the answer'
          WHEN 'failed' THEN coalesce(nullif(m.error->>'description', ''), m.error->>'code')
        END AS detail
      FROM campaign_stations s CROSS JOIN LATERAL (
        SELECT * FROM commands o WHERE o.tenant = s.tenant AND o.id = s.command_id LIMIT 1) m
      WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.command_id IS NOT NULL
        AND m.status NOT IN ('queued', 'sent')
        -- What the station does next may still tell, for so long as its actor looks.
        AND (m.status <> 'unknown' OR m.updated_at < p_now - interval '10 minutes')
        AND (s.state = 'running'
          OR s.state = 'failed' AND s.is_silent AND m.status NOT IN ('timedOut', 'unknown'))
  LOOP
    is_done := ended.status IN ('accepted', 'answered');
    is_last := ended.step + 1 = json_array_length(p.steps);
    UPDATE campaign_stations s SET
        step = s.step + is_done::integer,
        -- It never left: asked for anew when the station is there.
        attempt = s.attempt + (ended.status = 'expired')::integer,
        command_id = CASE WHEN ended.status = 'expired' OR is_done AND NOT is_last THEN NULL
          ELSE s.command_id END,
        state = CASE WHEN ended.status = 'expired' THEN 'running' WHEN NOT is_done THEN 'failed'
          WHEN is_last THEN 'done' ELSE 'running' END,
        is_silent = ended.status IN ('timedOut', 'unknown'),
        detail = ended.detail, updated_at = p_now
      WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.station_id = ended.station_id;
  END LOOP;
END $$;

-- Stations that are not there any more, or were away for too long.
CREATE OR REPLACE FUNCTION give_up_in_campaign(p campaigns, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE campaign_stations s SET state = 'failed', updated_at = p_now, detail = CASE
      WHEN EXISTS (SELECT FROM stations t WHERE t.tenant = s.tenant AND t.id = s.station_id)
      THEN 'The station was not connected in time' ELSE 'There is no such station' END
    WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.state IN ('waiting', 'running')
      AND s.command_id IS NULL AND (SELECT t.connected OR p_now <= p.waits_until FROM stations t
        WHERE t.tenant = s.tenant AND t.id = s.station_id) IS NOT TRUE
$$;

CREATE OR REPLACE FUNCTION next_of_campaign(p campaigns, p_now timestamptz, p_max integer)
RETURNS TABLE (station_id text) LANGUAGE sql AS $$
  WITH open AS (
    SELECT s.station_id, s.ordinal, s.state, s.command_id, s.location_id, s.room, s.updated_at,
        (SELECT t.connected FROM stations t WHERE t.tenant = s.tenant AND t.id = s.station_id) AS connected
      FROM campaign_stations s
      WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.state IN ('waiting', 'running')
  ), told AS (
    SELECT o.*, o.state = 'waiting' AND o.connected AS is_fresh,
        -- One that is away after a step (a restart) is busy for a while.
        o.state = 'running' AND (o.command_id IS NOT NULL OR o.connected
          OR o.updated_at > p_now - interval '15 minutes') AS is_busy
      FROM open o
  ), placed AS (
    SELECT o.*, count(*) FILTER (WHERE o.is_busy) OVER () AS busy,
        count(*) FILTER (WHERE o.is_busy) OVER (PARTITION BY o.location_id) AS busy_here,
        count(*) FILTER (WHERE o.is_fresh) OVER (PARTITION BY o.location_id ORDER BY o.ordinal) AS nth
      FROM told o
  ), chosen AS (
    SELECT l.*, count(*) FILTER (WHERE l.is_fresh) OVER (ORDER BY l.ordinal) AS place
      FROM placed l
      WHERE l.state = 'running' AND l.command_id IS NULL AND l.connected
        OR l.is_fresh AND (l.room IS NULL OR l.nth <= l.room - l.busy_here)
  )
  SELECT c.station_id FROM chosen c
    WHERE c.state = 'running' OR c.place <= p.max_at_once - c.busy
    ORDER BY c.state = 'waiting', c.ordinal LIMIT p_max
$$;

CREATE OR REPLACE FUNCTION tick_campaign(p_tenant text, p_id text, p_now timestamptz, p_max integer)
RETURNS TABLE (station_id text, command_id text, kind text, body json) LANGUAGE plpgsql AS $$
DECLARE
  c campaigns;
  done integer;
  failed integer;
  total integer;
  since timestamptz;
  room integer := p_max;
  turn text[];
BEGIN
  SELECT * INTO c FROM campaigns g WHERE g.tenant = p_tenant AND g.id = p_id FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM settle_campaign(c, p_now);
  IF c.status = 'running' THEN PERFORM give_up_in_campaign(c, p_now);
  ELSE
    -- What was to be asked for when it was halted, and never was.
    UPDATE campaign_stations s SET command_id = NULL, state = 'waiting', updated_at = p_now
      WHERE s.tenant = c.tenant AND s.campaign_id = c.id AND s.state = 'running'
        AND s.command_id IS NOT NULL AND s.asked_at < p_now - interval '10 seconds'
        AND (SELECT true FROM commands m WHERE m.tenant = s.tenant AND m.id = s.command_id) IS NULL;
  END IF;

  SELECT count(*) FILTER (WHERE s.state = 'done'), count(*) FILTER (WHERE s.state = 'failed'), count(*)
    INTO done, failed, total
    FROM campaign_stations s WHERE s.tenant = c.tenant AND s.campaign_id = c.id;
  IF c.status = 'running' AND failed > c.stop_share * (done + failed)
      AND done + failed >= least(c.stop_after, total) THEN
    c.status := 'stopped';
    c.reason := format('%s of %s stations failed', failed, done + failed);
  ELSIF c.status IN ('running', 'paused') AND done + failed = total THEN
    c.status := 'done';
  END IF;
  UPDATE campaigns g SET status = c.status, reason = c.reason, updated_at = p_now,
      finished_at = CASE WHEN c.status IN ('done', 'stopped') THEN p_now END
    WHERE g.tenant = c.tenant AND g.id = c.id AND g.status <> c.status;
  IF c.status <> 'running' THEN RETURN; END IF;

  -- At most what one second's worth of the pace has left unused is made up for.
  since := greatest(c.next_at, p_now - interval '1 second');
  IF c.rate_per_minute IS NOT NULL THEN
    room := least(p_max, CASE WHEN since > p_now THEN 0
      ELSE floor(extract(epoch FROM p_now - since) * c.rate_per_minute / 60) + 1 END);
  END IF;
  IF room > 0 THEN
    turn := ARRAY(SELECT n.station_id FROM next_of_campaign(c, p_now, room) n);
    UPDATE campaign_stations s SET state = 'running', asked_at = p_now, updated_at = p_now, detail = NULL,
        is_silent = false, command_id = left(encode(sha256(convert_to(
          concat_ws('/', c.tenant, c.id, s.station_id, s.step, s.attempt), 'UTF8')), 'hex'), 32)
      WHERE s.tenant = c.tenant AND s.campaign_id = c.id AND s.station_id = ANY(turn);
    IF c.rate_per_minute IS NOT NULL AND cardinality(turn) > 0 THEN
      UPDATE campaigns g SET next_at = since + cardinality(turn) * interval '1 minute' / c.rate_per_minute
        WHERE g.tenant = c.tenant AND g.id = c.id;
    END IF;
  END IF;

  RETURN QUERY UPDATE campaign_stations s SET asked_at = p_now
    WHERE s.tenant = c.tenant AND s.campaign_id = c.id AND s.state = 'running' AND s.command_id IS NOT NULL
      AND (s.asked_at = p_now OR s.asked_at < p_now - interval '5 seconds'
        AND (SELECT true FROM commands m WHERE m.tenant = s.tenant AND m.id = s.command_id) IS NULL)
    RETURNING s.station_id, s.command_id, c.steps->s.step->>'kind', c.steps->s.step->'body';
END $$;
