import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { ReservationDescription } from "#schemas/events/reservation.ts";
import { type AskedActor, type TestApi, testApi } from "../testing.ts";

const HOUR_MS = 3_600_000;
const expiresAt = new Date(Date.now() + HOUR_MS).toISOString();

let api: TestApi;
before(async () => {
  api = await testApi();
});
beforeEach(async () => {
  api.actors.asked.length = 0;
  api.actors.answers.set("command.request", commandTaken);
  await api.sql`DELETE FROM station_items`;
  await api.sql`DELETE FROM commands`;
});
after(() => api.close());

/** What the actors of a station and of a reservation commit when they are asked. */
async function commandTaken({ to, body }: AskedActor): Promise<unknown> {
  const { id, kind, body: said } = body as {
    readonly id: string;
    readonly kind: string;
    readonly body: Readonly<Record<string, unknown>>;
  };
  const stationId = to.key;
  const at = new Date().toISOString();
  const { count } = await api.sql`INSERT INTO commands
    (tenant, id, station_id, kind, action, status, request, created_at, updated_at)
    VALUES ('default', ${id}, ${stationId}, ${kind}, 'ReserveNow', 'sent',
      ${JSON.stringify(said)}::text::jsonb, ${at}, ${at}) ON CONFLICT DO NOTHING`;
  if (count > 0 && kind === "reserve") {
    const { reservationId, ...terms } = said;
    await keep({ ...terms, id: Number(reservationId), stationId, commandId: id });
  }
  const times = { createdAt: at, updatedAt: at };
  return { id, stationId, kind, action: "ReserveNow", status: "sent", ...times };
}

let minutes = 0;

async function keep(
  changes: Partial<ReservationDescription>,
  tenant = "default",
): Promise<ReservationDescription> {
  const at = new Date(Date.UTC(2026, 0, 1) + 60_000 * ++minutes).toISOString();
  const body: ReservationDescription = {
    ...{ id: 7, stationId: "CP1", evseId: null, connectorType: null, tokenUid: "TAG1" },
    ...{ groupId: null, expiresAt, status: "pending", detail: null, sessionId: null },
    ...{ cancellation: null, commandId: "c1", createdAt: at, updatedAt: at },
    ...changes,
  };
  await api.sql`INSERT INTO station_items
    (tenant, id, station_id, block, key, body, created_at, updated_at)
    VALUES (${tenant}, ${`${body.stationId}/reservation/${body.id}`}, ${body.stationId},
      'reservation', ${String(body.id)}, ${JSON.stringify(body)}::text::jsonb, ${at}, ${at})`;
  return body;
}

async function listed(query: string): Promise<readonly number[]> {
  const page = await api.call("GET", `/reservations?${query}`);
  assert.equal(page.status, 200, page.text);
  return page.body.items.map(({ id }: { id: number }) => id);
}

test("a reservation is made with a number of its own, pending, and asked of the station", async () => {
  const terms = { evseId: 2, tokenUid: "TAG1", groupId: "G", expiresAt };

  const answer = await api.call("POST", "/reservations", { stationId: "CP1", ...terms });

  const { id, createdAt: _created, updatedAt: _updated, ...rest } = answer.body;
  const [asked] = api.actors.asked;
  assert.equal(answer.status, 201, answer.text);
  assert.ok(Number.isInteger(id) && id > 1_000_000);
  assert.equal(answer.headers.get("location"), `/api/v1/reservations/${id}`);
  assert.deepEqual(rest, {
    stationId: "CP1",
    ...terms,
    status: "pending",
    commandId: asked?.body["id"],
  });
  assert.deepEqual(asked?.body["body"], { reservationId: id, ...terms });
  assert.equal(asked?.body["kind"], "reserve");
  const queueMs = Number(asked?.body["queueMs"]);
  assert.ok(queueMs > HOUR_MS - 60_000 && queueMs <= HOUR_MS, `${queueMs}`);
  assert.deepEqual((await api.call("GET", `/reservations/${id}`)).body, answer.body);
});

test("a repeat under its key gives the same reservation, also when the first answer was lost", async () => {
  const body = { stationId: "CP1", tokenUid: "TAG1", expiresAt };
  const send = (): ReturnType<TestApi["call"]> =>
    api.call("POST", "/reservations", body, { "idempotency-key": "k1" });

  api.actors.answers.set("command.request", async (asked) => {
    await commandTaken(asked);
    throw new PlatformError("unavailable", "Cannot reach the worker");
  });
  assert.equal((await send()).status, 503);
  const [made] = await listed("");
  const again = await send();
  const onceMore = await send();

  assert.deepEqual([again.status, again.body.id], [201, made]);
  assert.deepEqual(onceMore.body, again.body);
  assert.deepEqual(await listed(""), [made]);
  assert.equal(api.actors.asked.length, 1);
});

test("what is over already, or says too much, is refused", async () => {
  const terms = { stationId: "CP1", tokenUid: "TAG1" };
  const past = await api.call("POST", "/reservations", {
    ...terms,
    expiresAt: new Date(Date.now() - 1_000).toISOString(),
  });
  const surplus = await api.call("POST", "/reservations", { ...terms, expiresAt, id: 5 });

  assert.deepEqual([past.status, past.body.errors[0].pointer], [400, "/expiresAt"]);
  assert.equal(surplus.status, 400);
  assert.equal(api.actors.asked.length, 0);
});

test("what the station's actor refuses is told", async () => {
  api.actors.answers.set("command.request", () => {
    throw new PlatformError("not-found", "Cannot find the station: it is not registered");
  });
  const body = { stationId: "NO", tokenUid: "TAG1", expiresAt };
  assert.equal((await api.call("POST", "/reservations", body)).status, 404);
});

test("the list is narrowed by station, status and token, newest first, page by page", async () => {
  await keep({ id: 1 });
  await keep({ id: 2, status: "accepted", tokenUid: "tag2" });
  await keep({ id: 3, stationId: "CP2", status: "accepted" });
  await keep({ id: 4, stationId: "CP1" }, "other");

  assert.deepEqual(await listed(""), [3, 2, 1]);
  assert.deepEqual(await listed("station=CP1"), [2, 1]);
  assert.deepEqual(await listed("status=accepted&order=asc"), [2, 3]);
  assert.deepEqual(await listed("token=TAG2"), [2]);
  const first = await api.call("GET", "/reservations?limit=2");
  assert.deepEqual(await listed(`limit=2&cursor=${first.body.nextCursor}`), [1]);
  assert.equal((await api.call("GET", "/reservations/4")).status, 404);
});

test("a number that two stations have is that of the newest, or of the station that is named", async () => {
  await keep({ id: 9, stationId: "CP1", tokenUid: "OLD" });
  await keep({ id: 9, stationId: "CP2", tokenUid: "NEW" });

  const tokenOf = async (query: string): Promise<unknown> =>
    (await api.call("GET", `/reservations/9${query}`)).body.tokenUid;
  assert.deepEqual([await tokenOf(""), await tokenOf("?station=CP1")], ["NEW", "OLD"]);
});

test("cancelling asks the station, once while it is being asked", async () => {
  await keep({ id: 5, status: "accepted" });
  assert.equal((await api.call("DELETE", "/reservations/5")).status, 204);
  const [asked] = api.actors.asked;
  assert.deepEqual([asked?.body["kind"], asked?.body["body"]], [
    "cancel-reservation",
    { reservationId: 5 },
  ]);
  assert.ok(Number(asked?.body["queueMs"]) > HOUR_MS - 60_000);

  const cancellation = { status: "pending", commandId: asked?.body["id"], detail: null };
  await api.sql`UPDATE station_items
    SET body = body || ${JSON.stringify({ cancellation })}::text::jsonb`;
  assert.equal((await api.call("DELETE", "/reservations/5")).status, 204);
  assert.equal(api.actors.asked.length, 1, "it is under way");
  await api.sql`UPDATE commands SET status = 'expired'`;
  assert.equal((await api.call("DELETE", "/reservations/5")).status, 204);
  assert.equal(api.actors.asked.length, 2, "it never left: it is asked for again");
});

test("what is over cannot be cancelled; what is cancelled stays so", async () => {
  for (
    const status of ["rejected", "faulted", "occupied", "unavailable", "used", "expired"] as const
  ) {
    // deno-lint-ignore no-await-in-loop -- one number after the other
    await keep({ id: 6, stationId: status, status });
    // deno-lint-ignore no-await-in-loop -- as above
    const answer = await api.call("DELETE", `/reservations/6?station=${status}`);
    assert.equal(answer.status, 409, answer.text);
  }
  await keep({ id: 7, status: "cancelled" });
  assert.equal((await api.call("DELETE", "/reservations/7")).status, 204);
  assert.equal((await api.call("DELETE", "/reservations/404")).status, 404);
  assert.equal(api.actors.asked.length, 0);
});
