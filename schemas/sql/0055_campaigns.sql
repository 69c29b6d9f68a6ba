-- Campaigns: the same commands to many stations, at a pace, one step after the other at each. One worker carries
-- them out; what it does stands here before it is done, and ids of commands follow from the step, so that whoever
-- takes over sends nothing twice.

CREATE TABLE campaigns (
  tenant text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  -- running, paused, stopped, done
  status text NOT NULL,
  -- Why it was stopped, in words for people.
  reason text,
  -- [{kind, body}]
  steps json NOT NULL,
  rate_per_minute integer,
  max_at_once integer NOT NULL,
  share_per_location double precision,
  stop_share double precision,
  -- The share of failures is not looked at before so many stations are through.
  stop_after integer NOT NULL,
  away_hours double precision NOT NULL,
  -- Until then stations that are away are waited for.
  waits_until timestamptz NOT NULL,
  -- The pace: the next command may leave then.
  next_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  finished_at timestamptz,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX campaigns_created ON campaigns (tenant, created_at DESC, id DESC);
CREATE INDEX campaigns_open ON campaigns (tenant, id) WHERE status <> 'done';

CREATE TABLE campaign_stations (
  tenant text NOT NULL,
  campaign_id text NOT NULL,
  station_id text NOT NULL,
  ordinal integer NOT NULL,
  -- waiting: not begun, or to be begun again; running; done; failed
  state text NOT NULL DEFAULT 'waiting',
  -- The step that it is at, from 0.
  step integer NOT NULL DEFAULT 0,
  -- A step that never left, or that an operator repeats, is another command.
  attempt integer NOT NULL DEFAULT 0,
  -- Of the step, once it is to be asked for; null = it is not.
  command_id text,
  asked_at timestamptz,
  -- Failed because nobody answered: a late answer still counts.
  is_silent boolean NOT NULL DEFAULT false,
  detail text,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, campaign_id, station_id),
  FOREIGN KEY (tenant, campaign_id) REFERENCES campaigns ON DELETE CASCADE
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX campaign_stations_ordinal ON campaign_stations (tenant, campaign_id, ordinal);
CREATE INDEX campaign_stations_state ON campaign_stations (tenant, campaign_id, state, ordinal);

DO $$
DECLARE name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['campaigns', 'campaign_stations'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY tenant_isolation ON %I
      USING (tenant = current_setting(''statewatt.tenant'', true))
      WITH CHECK (tenant = current_setting(''statewatt.tenant'', true))', name);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON campaigns, campaign_stations TO statewatt_api;

-- The commands of these stations have come to something. A late answer revives who failed by silence.
CREATE FUNCTION settle_campaign(p campaigns, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  WITH ended AS (
    SELECT s.station_id, m.status, m.status IN ('accepted', 'answered') AS is_done,
        CASE m.status
          WHEN 'rejected' THEN 'The station answered ' || coalesce(m.response->>'status', 'no')
          WHEN 'timedOut' THEN 'The station did not answer'
          WHEN 'unknown' THEN 'The connection was lost before the answer'
          WHEN 'failed' THEN coalesce(nullif(m.error->>'description', ''), m.error->>'code')
        END AS detail
      FROM campaign_stations s JOIN commands m ON m.tenant = s.tenant AND m.id = s.command_id
      WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND m.status NOT IN ('queued', 'sent')
        -- What the station does next may still tell, for so long as its actor looks.
        AND (m.status <> 'unknown' OR m.updated_at < p_now - interval '10 minutes')
        AND (s.state = 'running' OR s.state = 'failed' AND s.is_silent
          AND m.status NOT IN ('timedOut', 'unknown'))
  )
  UPDATE campaign_stations s SET
      step = s.step + CASE WHEN e.is_done THEN 1 ELSE 0 END,
      -- It never left: asked for anew when the station is there.
      attempt = s.attempt + CASE WHEN e.status = 'expired' THEN 1 ELSE 0 END,
      command_id = CASE WHEN e.status = 'expired' THEN NULL
        WHEN e.is_done AND s.step + 1 < json_array_length(p.steps) THEN NULL ELSE s.command_id END,
      state = CASE WHEN e.is_done AND s.step + 1 = json_array_length(p.steps) THEN 'done'
        WHEN e.is_done OR e.status = 'expired' THEN 'running' ELSE 'failed' END,
      is_silent = e.status IN ('timedOut', 'unknown'),
      detail = e.detail, updated_at = p_now
    FROM ended e
    WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.station_id = e.station_id
$$;

-- Stations that are not there any more, or were away for too long.
CREATE FUNCTION give_up_in_campaign(p campaigns, p_now timestamptz) RETURNS void LANGUAGE sql AS $$
  UPDATE campaign_stations s SET state = 'failed', updated_at = p_now, detail = CASE
      WHEN EXISTS (SELECT FROM stations t WHERE t.tenant = s.tenant AND t.id = s.station_id)
      THEN 'The station was not connected in time' ELSE 'There is no such station' END
    WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.state IN ('waiting', 'running')
      AND s.command_id IS NULL AND NOT EXISTS (SELECT FROM stations t
        WHERE t.tenant = s.tenant AND t.id = s.station_id AND (t.connected OR p_now <= p.waits_until))
$$;

-- Stations whose turn it is: those that have begun, then as many new ones as may be busy at once.
CREATE FUNCTION next_of_campaign(p campaigns, p_now timestamptz, p_max integer)
RETURNS TABLE (station_id text) LANGUAGE sql AS $$
  WITH open AS (
    SELECT s.station_id, s.ordinal, s.state, s.command_id, t.location_id, t.connected,
        -- One that is away after a step (a restart) is busy for a while.
        s.state = 'running' AND (s.command_id IS NOT NULL OR t.connected
          OR s.updated_at > p_now - interval '15 minutes') AS is_busy
      FROM campaign_stations s JOIN stations t ON t.tenant = s.tenant AND t.id = s.station_id
      WHERE s.tenant = p.tenant AND s.campaign_id = p.id AND s.state IN ('waiting', 'running')
  ), places AS (
    SELECT location_id, greatest(1, floor(count(*) * p.share_per_location)) AS room
      FROM stations WHERE tenant = p.tenant AND p.share_per_location IS NOT NULL
        AND location_id IN (SELECT o.location_id FROM open o) GROUP BY location_id
  ), busy AS (
    SELECT location_id, count(*) AS n FROM open WHERE is_busy GROUP BY location_id
  ), fresh AS (
    SELECT o.station_id, o.ordinal, o.location_id,
        row_number() OVER (PARTITION BY o.location_id ORDER BY o.ordinal) AS nth
      FROM open o WHERE o.state = 'waiting' AND o.connected
  ), chosen AS (
    SELECT f.station_id, f.ordinal FROM fresh f
      LEFT JOIN places l ON l.location_id = f.location_id
      LEFT JOIN busy b ON b.location_id = f.location_id
      WHERE l.room IS NULL OR f.nth <= l.room - coalesce(b.n, 0)
      ORDER BY f.ordinal
      LIMIT greatest(0, p.max_at_once - (SELECT coalesce(sum(n), 0) FROM busy))
  )
  SELECT turn.station_id FROM (
    SELECT o.station_id, o.ordinal, 0 AS rank FROM open o
      WHERE o.state = 'running' AND o.command_id IS NULL AND o.connected
    UNION ALL SELECT c.station_id, c.ordinal, 1 FROM chosen c
  ) turn ORDER BY turn.rank, turn.ordinal LIMIT p_max
$$;

-- One look at one campaign: gives the commands that are to be asked for now, or again because nobody has taken
-- them. Whoever looks at the same time gets nothing.
CREATE FUNCTION tick_campaign(p_tenant text, p_id text, p_now timestamptz, p_max integer)
RETURNS TABLE (station_id text, command_id text, kind text, body json) LANGUAGE plpgsql AS $$
DECLARE
  c campaigns;
  done integer;
  failed integer;
  total integer;
  since timestamptz;
  room integer := p_max;
  taken integer;
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
        AND NOT EXISTS (SELECT FROM commands m WHERE m.tenant = s.tenant AND m.id = s.command_id);
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
  UPDATE campaign_stations s SET state = 'running', asked_at = p_now, updated_at = p_now, detail = NULL,
      is_silent = false, command_id = left(encode(sha256(convert_to(
        concat_ws('/', c.tenant, c.id, s.station_id, s.step, s.attempt), 'UTF8')), 'hex'), 32)
    FROM next_of_campaign(c, p_now, room) n
    WHERE room > 0 AND s.tenant = c.tenant AND s.campaign_id = c.id AND s.station_id = n.station_id;
  GET DIAGNOSTICS taken = ROW_COUNT;
  IF c.rate_per_minute IS NOT NULL AND taken > 0 THEN
    UPDATE campaigns g SET next_at = since + taken * interval '1 minute' / c.rate_per_minute
      WHERE g.tenant = c.tenant AND g.id = c.id;
  END IF;

  RETURN QUERY UPDATE campaign_stations s SET asked_at = p_now
    WHERE s.tenant = c.tenant AND s.campaign_id = c.id AND s.state = 'running' AND s.command_id IS NOT NULL
      AND (s.asked_at = p_now OR s.asked_at < p_now - interval '5 seconds' AND NOT EXISTS (
        SELECT FROM commands m WHERE m.tenant = s.tenant AND m.id = s.command_id))
    RETURNING s.station_id, s.command_id, c.steps->s.step->>'kind', c.steps->s.step->'body';
END $$;
