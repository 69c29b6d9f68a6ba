-- Reservations: ids that are drawn for REST, and the ways they are looked for. Below a million are those that
-- operators choose in raw calls.

CREATE SEQUENCE reservation_id AS integer START 1000001 MINVALUE 1000001 NO CYCLE;
GRANT USAGE ON SEQUENCE reservation_id TO statewatt_api;

CREATE INDEX station_items_reservation_status
  ON station_items (tenant, (body->>'status'), created_at DESC, id DESC) WHERE block = 'reservation';
CREATE INDEX station_items_reservation_token
  ON station_items (tenant, lower(body->>'tokenUid'), created_at DESC, id DESC) WHERE block = 'reservation';
CREATE INDEX station_items_reservation_ended
  ON station_items (updated_at) WHERE block = 'reservation';
