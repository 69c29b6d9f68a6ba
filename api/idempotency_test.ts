// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { dropExpired } from "./idempotency.ts";
import { stationDescribed, type TestApi, testApi } from "./testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  api.actors.answers.set("station.register", ({ to }) => {
    return { created: true, station: stationDescribed(to.key) };
  });
});
after(() => api.close());

const post = (key: string, body: unknown, path = "/stations"): ReturnType<TestApi["call"]> =>
  api.call("POST", path, body, { "idempotency-key": key });

test("the same request under the same key gets the first answer again, with its Location", async () => {
  const first = await post("k1", { id: "A" });
  const asked = api.actors.asked.length;
  const again = await post("k1", { id: "A" });
  assert.equal(first.status, 201);
  assert.equal(again.status, 201);
  assert.deepEqual(again.body, first.body);
  assert.equal(again.headers.get("location"), "/api/v1/stations/A");
  assert.equal(again.headers.get("idempotent-replayed"), "true");
  assert.equal(api.actors.asked.length, asked);
});

test("another body under the key is 422", async () => {
  await post("k2", { id: "A" });
  const other = await post("k2", { id: "B" });
  assert.equal(other.status, 422);
  assert.equal(other.body.type, "/problems/key-reused");
  const otherPath = await post("k2", { id: "A" }, "/tokens");
  assert.equal(otherPath.status, 422);
});

test("a refusal is an answer, too: it is given again", async () => {
  const before = await api.sql`SELECT count(*)::int AS n FROM tokens`;
  assert.equal((await post("k3", { uid: "T" }, "/tokens")).status, 201);
  assert.equal((await post("k4", { uid: "T" }, "/tokens")).status, 409);
  await api.call("DELETE", "/tokens/T");
  assert.equal((await post("k4", { uid: "T" }, "/tokens")).status, 409);
  assert.equal((await post("k3", { uid: "T" }, "/tokens")).status, 201);
  assert.equal((await api.call("GET", "/tokens/T")).status, 404);
  assert.ok(before);
});

test("while the first runs a repeat is 409", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  api.actors.answers.set("station.remove", () => ({}));
  api.actors.answers.set("session.close-stale", async () => {
    await promise;
    return { closed: [] };
  });
  const first = post("k5", undefined, "/stations/A/close-stale");
  while (api.actors.causesOf("session.close-stale").length === 0) {
    await new Promise((resume) => setImmediate(resume));
  }
  assert.equal((await post("k5", undefined, "/stations/A/close-stale")).status, 409);
  resolve();
  assert.equal((await first).status, 200);
  assert.equal((await post("k5", undefined, "/stations/A/close-stale")).status, 200);
});

test("after a passing trouble the repeat asks again, with the same cause", async () => {
  api.actors.answers.set("alert.none", () => ({}));
  api.actors.answers.set("session.close-stale", () => {
    throw new PlatformError("timed-out", "Cannot close: the worker is away");
  });
  const path = "/stations/B/close-stale";
  assert.equal((await post("k6", undefined, path)).status, 504);
  api.actors.answers.set("session.close-stale", () => ({ closed: ["B~1"] }));
  assert.deepEqual((await post("k6", undefined, path)).body, { closed: ["B~1"] });
  const causes = api.actors.asked
    .filter(({ to, header }) => to.key === "B" && header.type === "session.close-stale")
    .map(({ header }) => header.cause);
  assert.equal(causes.length, 2);
  assert.equal(causes[0], causes[1]);
});

test("a repeat after a crash takes the work over, with the ids of the first", async () => {
  const path = "/stations/C/close-stale";
  await post("k7", undefined, path);
  // As a killed process leaves it.
  await api.sql`UPDATE idempotency SET status = 0, body = 'seed-of-the-first',
    expires_at = now() + interval '23 hours' WHERE key = 'k7'`;
  assert.equal((await post("k7", undefined, path)).status, 200);
  await api.sql`UPDATE idempotency SET status = 0, body = 'seed-of-the-first',
    expires_at = now() + interval '23 hours' WHERE key = 'k7'`;
  assert.equal((await post("k7", undefined, path)).status, 200);
  const causes = api.actors.asked.filter(({ to }) => to.key === "C")
    .map(({ header }) => header.cause);
  assert.equal(causes.length, 3);
  assert.equal(causes[1], causes[2]);
});

test("after 24 hours the key is free, and old rows go", async () => {
  await post("k8", { id: "A" });
  await api.sql`UPDATE idempotency SET expires_at = now() - interval '1 second' WHERE key = 'k8'`;
  assert.equal((await post("k8", { id: "B" })).body.id, "B");
  await api.sql`UPDATE idempotency SET expires_at = now() - interval '1 second'`;
  await dropExpired(api.platform, "default");
  assert.equal((await api.sql`SELECT 1 FROM idempotency`).length, 0);
});

test("a key that is no key is refused", async () => {
  assert.equal((await post("x".repeat(256), { id: "A" })).status, 400);
});
