// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { test } from "node:test";
import type { FactOutcome } from "#engine/ports/durable_facts.ts";
import { isSigned } from "./signature.ts";
import { type Received, type Receiver, withWebhooks } from "./testing.ts";

const HOUR_MS = 60 * 60 * 1_000;
const numbers = ({ received }: Receiver): readonly number[] =>
  received.map(({ body }) => body.data.n);
const refuse = (_request: Received, response: ServerResponse): void =>
  void response.writeHead(500).end("broken");

test("a fact arrives once, signed, at each webhook that wants it", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    await start().started;
    const all = await receiver();
    const some = await receiver();
    const made = await create({ id: "all", url: all.url });
    await create({ id: "some", url: some.url, kinds: ["alert"], secret: "a-secret-of-our-own" });
    await create({ id: "one", url: `${some.url}/one`, stations: ["CP2"] });
    await create({ id: "off", url: `${some.url}/off`, enabled: false });
    await publish(["CP1"]);
    await publish(["CP1"], { kind: "alert" });
    await publish(["CP2"], { tenant: "other" });
    await publish(["CP2"]);
    await Promise.all([all.until(3), some.until(2)]);
    await eventually("nothing waits", async () => {
      const { body } = await api.call("GET", "/webhooks");
      return body.items.every(({ waiting }: { waiting: number }) => waiting === 0);
    });

    assert.equal(made.status, 201);
    // Of two stations either may come first.
    const first = all.received.find(({ body }) => body.data.n === 1);
    assert.ok(Math.abs(Date.parse(first?.body.at) - clock.now()) < 60_000);
    assert.deepEqual(first?.body, {
      id: "1-1-0",
      type: "session.started",
      at: first?.body.at,
      data: { stationId: "CP1", n: 1 },
    });
    assert.equal(first?.headers["statewatt-event-id"], "1-1-0");
    assert.equal(first?.headers["content-type"], "application/json");
    const header = String(first?.headers["statewatt-signature"]);
    const given = { body: first?.text ?? "", nowMs: clock.now() };
    assert.ok(isSigned(header, { ...given, secret: made.body.secret }));
    assert.ok(!isSigned(header, { ...given, secret: "a-secret-of-our-own" }));
    assert.ok(!isSigned(header, { ...given, body: `${first?.text} `, secret: made.body.secret }));
    assert.ok(
      !isSigned(header, { ...given, nowMs: clock.now() + HOUR_MS, secret: made.body.secret }),
    );
    assert.deepEqual([...numbers(all)].sort(), [1, 2, 4]);
    assert.deepEqual(some.received.map(({ at, body }) => [at, body.data.n]).sort(), [
      ["/in", 2],
      ["/in/one", 4],
    ]);
  }));

test("a failing delivery holds back its own station only, and order stays", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    await start().started;
    const target = await receiver();
    await create({ id: "w", url: target.url });
    let failures = 2;
    target.answer = ({ body }, response) =>
      void response.writeHead(body.data.n === 1 && failures-- > 0 ? 503 : 200).end();
    await publish(["A", "A", "B", "B"]);
    await target.until(3);
    await eventually("the others are delivered", async () => {
      const { body } = await api.call("GET", "/webhooks/w/deliveries?status=delivered");
      return body.items.length === 2;
    });
    assert.deepEqual(numbers(target).filter((n) => n > 1).sort(), [3, 4]);

    for (const [index, wait] of [7_000, 14_000].entries()) {
      await eventually("the failure is noted", async () => {
        const [row] = await api.sql`SELECT attempts FROM webhook_deliveries WHERE id = '1-1-0'`;
        return row?.["attempts"] === index + 1;
      });
      clock.advance(wait);
      await target.until(4 + index);
    }
    await target.until(6);

    const ofA = numbers(target).filter((n) => n < 3);
    assert.deepEqual(ofA, [1, 1, 1, 2]);
    assert.deepEqual(
      target.received.filter(({ body }) => body.data.n === 1).map(({ headers }) =>
        headers["statewatt-event-id"]
      ),
      ["1-1-0", "1-1-0", "1-1-0"],
    );
  }));

test("a receiver that says nothing is given up after 10 s and delays nobody", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    await start().started;
    const slow = await receiver();
    const quick = await receiver();
    slow.answer = () => {};
    await create({ id: "slow", url: slow.url });
    await create({ id: "quick", url: quick.url });
    const stations = Array.from({ length: 30 }, (_, index) => `CP${index}`);
    await publish(stations);
    await Promise.all([quick.until(30), slow.until(8)]);
    assert.equal(slow.received.length, 8, "no more at once than a webhook may have");

    clock.advance(10_000);
    await eventually("the slow one has failed", async () => {
      const { body } = await api.call("GET", "/webhooks/slow");
      return body.failures === 8;
    });

    const { body } = await api.call("GET", "/webhooks/slow");
    assert.match(body.lastError, /no answer within 10 s$/);
    assert.equal(body.waiting, 30);
    await slow.close();
  }));

test("a dead receiver is tried now and then only; when it is back everything arrives", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    await start().started;
    const target = await receiver();
    await create({ id: "w", url: target.url });
    await target.close();
    const stations = Array.from({ length: 40 }, (_, index) => `CP${index % 20}`);
    await publish(stations);
    const failures = async (): Promise<number> =>
      (await api.call("GET", "/webhooks/w")).body.failures;
    await eventually("it counts as away", async () => await failures() >= 5);
    await eventually("what was under way has failed", async () => {
      const [row] = await api.sql`SELECT count(*)::int AS busy FROM webhook_lanes
        WHERE claim IS NOT NULL`;
      return row?.["busy"] === 0;
    });
    const before = await failures();
    assert.ok(before <= 13, `${before} attempts, of 8 at once`);
    for (let tries = 1; tries <= 3; tries++) {
      clock.advance(6 * 60_000);
      await eventually("one more attempt", async () => await failures() === before + tries);
    }

    await target.open();
    clock.advance(6 * 60_000);
    await target.until(40);
    await eventually("it counts as there", async () => await failures() === 0);

    assert.deepEqual([...numbers(target)].sort((a, b) => a - b).length, 40);
    for (let station = 1; station <= 20; station++) {
      assert.deepEqual(numbers(target).filter((n) => n % 20 === station % 20), [
        station,
        station + 20,
      ]);
    }
  }));

test("after a day a delivery is dead, its lane goes on, and it can be tried again", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api, telemetry }) => {
    await start().started;
    const target = await receiver();
    await create({ id: "w", url: target.url });
    target.answer = ({ body }, response) =>
      void response.writeHead(body.data.n === 1 ? 400 : 200).end("no <such> thing");
    await publish(["A", "A"]);
    let hours = 0;
    const dead = async () => (await api.call("GET", "/webhooks/w/deliveries?status=dead")).body;
    while ((await dead()).items.length === 0) {
      const count = target.received.length;
      assert.ok(hours < 40, `after ${hours} hours it is still tried`);
      clock.advance(HOUR_MS * 1.3);
      hours += 1.3;
      await target.until(count + 1);
      await eventually("the attempt is noted", async () => {
        const [row] = await api.sql`SELECT attempts FROM webhook_deliveries WHERE id = '1-1-0'`;
        return row?.["attempts"] > count;
      });
    }
    await target.until(target.received.length);
    await eventually("the next is delivered", () => numbers(target).includes(2));

    const [letter] = (await dead()).items;
    assert.ok(hours > 22 && hours < 28, `dead after ${hours} hours`);
    assert.deepEqual(
      [letter.id, letter.responseStatus, letter.response, letter.error],
      ["1-1-0", 400, "no <such> thing", "The receiver answered 400"],
    );
    assert.deepEqual(letter.body.data, { stationId: "A", n: 1 });
    assert.equal(telemetry.value("statewatt_webhook_attempts_total", "dead"), 1);

    target.answer = (_request, response) => void response.writeHead(200).end();
    const path = "/webhooks/w/deliveries/1-1-0";
    assert.equal((await api.call("POST", `${path}/retry`)).body.status, "waiting");
    await eventually("it is delivered", async () => {
      const { body } = await api.call("GET", "/webhooks/w/deliveries?status=delivered");
      return body.items.length === 2;
    });
    const again = await api.call("POST", `${path}/retry`);
    assert.equal(again.status, 409);
    assert.match(again.body.detail, /the delivery is delivered$/);
  }));

test("a webhook at which nothing arrives for three days is disabled, and says so", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    const process = start();
    await process.started;
    const target = await receiver();
    await create({ id: "w", url: target.url });
    target.answer = refuse;
    await publish(["A"]);
    const webhook = async () => (await api.call("GET", "/webhooks/w")).body;
    await target.until(1);
    await eventually("the first failure is noted", async () => (await webhook()).failures === 1);
    for (let day = 1; day <= 4 && (await webhook()).enabled; day++) {
      clock.advance(24 * HOUR_MS + 1);
      await publish([`B${day}`]);
      const { failures } = await webhook();
      await eventually("a day's failure", async () => (await webhook()).failures > failures);
    }

    // The failure that was waited for may be one of the day before.
    await eventually("it is disabled", async () => !(await webhook()).enabled);
    const { enabled, disabledReason, disabledAt } = await webhook();
    assert.deepEqual([enabled, disabledReason], [false, "Nothing arrived for 3 days"]);
    assert.ok(Date.parse(disabledAt) <= clock.now());
    await process.upkeep.run();
    const count = target.received.length;
    await publish(["A"]);
    clock.advance(HOUR_MS);
    target.answer = (_request, response) => void response.writeHead(200).end();
    const changed = await api.call("PATCH", "/webhooks/w", { enabled: true });
    assert.deepEqual([changed.body.disabledReason, changed.body.failures], [null, 0]);
    await eventually("what waited has been delivered", async () => (await webhook()).waiting === 0);
    assert.ok(target.received.length > count);
  }));

test("what a killed process had claimed is sent by another one after its claim ran out", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    const target = await receiver();
    await create({ id: "w", url: target.url, enabled: false });
    await start().started;
    await api.sql`UPDATE webhooks SET enabled = true`;
    await api.sql`INSERT INTO webhook_lanes (tenant, webhook_id, lane, waiting, due_at, claim,
      claimed_until) VALUES ('default', 'w', 'A', 0, now(), 'killed',
      ${new Date(clock.now() + 30_000).toISOString()})`;
    await publish(["A", "B"]);
    await target.until(1);
    await eventually("the other lane is done", async () => {
      const [row] = await api.sql`SELECT count(*)::int AS lanes FROM webhook_lanes`;
      return row?.["lanes"] === 1;
    });
    assert.deepEqual(numbers(target), [2]);

    clock.advance(31_000);
    await target.until(2);

    assert.deepEqual(numbers(target), [2, 1]);
  }));

test("two processes side by side: each delivery once, in order per station", () =>
  withWebhooks(async ({ start, receiver, create, publish, eventually, api }) => {
    const target = await receiver();
    await create({ id: "w", url: target.url });
    await Promise.all([start().started, start().started]);
    for (let block = 0; block < 4; block++) {
      await publish(Array.from({ length: 100 }, (_, index) => `CP${index % 7}`));
    }
    await target.until(400);
    await eventually("nothing waits", async () => {
      const { body } = await api.call("GET", "/webhooks/w");
      return body.waiting === 0;
    });

    assert.equal(new Set(numbers(target)).size, 400);
    assert.equal(target.received.length, 400);
    for (let station = 0; station < 7; station++) {
      const ofStation = target.received.filter(({ body }) => body.data.stationId === `CP${station}`)
        .map(({ body }) => body.data.n);
      assert.deepEqual(ofStation, ofStation.toSorted((a, b) => a - b));
    }
  }));

test("a fact that another process still has to take in holds back what came after it", () =>
  withWebhooks(async ({ start, receiver, create, publish, durable, eventually, api }) => {
    const target = await receiver();
    await create({ id: "w", url: target.url });
    const held = Promise.withResolvers<void>();
    const release = Promise.withResolvers<FactOutcome>();
    const which = { name: "webhooks", startAfter: { afterSequence: 0 } };
    const other = durable.consume(which, () => {
      held.resolve();
      return release.promise;
    });
    await publish(["A"]);
    await held.promise;
    const ours = start();
    await ours.started;
    // The other process takes nothing more: it will end when the fact it holds has.
    const isClosed = other.close();
    await publish(["A", "B"]);
    await eventually("both are stored, and were sent or put off", async () => {
      const [row] = await api.sql`SELECT count(*)::int AS count FROM webhook_deliveries d
        LEFT JOIN webhook_lanes l ON l.lane = d.lane
        WHERE l.due_at IS NULL OR l.due_at > d.created_at`;
      return row?.["count"] === 2;
    });
    assert.deepEqual(numbers(target), []);

    release.resolve({ retryAfterMs: 0 });
    await isClosed;
    await target.until(3);

    assert.deepEqual(numbers(target).filter((n) => n !== 3), [1, 2]);
  }));

test("a replay sends facts again, from a sequence or an instant, with their first ids", () =>
  withWebhooks(async ({ start, receiver, create, publish, clock, eventually, api }) => {
    await start().started;
    await publish(["A", "B"]);
    clock.advance(60_000);
    const target = await receiver();
    await create({ id: "w", url: target.url, stations: ["A"] });
    await publish(["A", "B", "A"]);
    await target.until(2);

    const bySequence = await api.call("POST", "/webhooks/w/replay", { fromSequence: 1 });
    await target.until(5);
    const place = bySequence.headers.get("location")?.replace("/api/v1", "") ?? "";
    await eventually("the replay is done", async () => {
      return (await api.call("GET", place)).body.status === "done";
    });
    const byInstant = await api.call("POST", "/webhooks/w/replay", {
      from: "2020-01-01T00:00:00Z",
    });
    await target.until(8);

    assert.deepEqual([bySequence.status, byInstant.status], [202, 202]);
    const { body } = await api.call("GET", place);
    assert.deepEqual([body.position, body.until, body.taken], [5, 5, 3]);
    const ids = target.received.slice(2, 5).map(({ headers }) => headers["statewatt-event-id"]);
    assert.deepEqual(ids, ["1-1-0", "1-3-0", "1-5-0"]);
    const late = await api.call("POST", "/webhooks/w/replay", { fromSequence: 99 });
    assert.deepEqual([late.status, late.body.detail], [
      409,
      "Cannot replay: fact 99 is not in the stream",
    ]);
  }));
