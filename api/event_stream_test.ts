// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startApi } from "./main.ts";
import { operatorKey, StatedFacts, type TestApi, testApi } from "./testing.ts";
import type { FactFeed } from "#engine/ports/facts.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { egressPorts } from "./egress.ts";
import { EventStream } from "./event_stream.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
});
after(() => api.close());

interface Heard {
  readonly event: string;
  readonly id: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Reads events until `enough`, then goes away. */
async function heard(response: Response, enough: number): Promise<readonly Heard[]> {
  const events: Heard[] = [];
  const decoder = new TextDecoder();
  let text = "";
  const reader = response.body?.getReader();
  while (events.length < enough) {
    const next = await reader?.read();
    if (next === undefined || next.done) break;
    text += decoder.decode(next.value, { stream: true });
    const frames = text.split("\n\n");
    text = frames.pop() ?? "";
    for (const frame of frames) {
      const fields = new Map(
        frame.split("\n").map((line) => {
          const colon = line.indexOf(": ");
          return [line.slice(0, colon), line.slice(colon + 2)] as const;
        }),
      );
      const event = fields.get("event");
      if (event === undefined) continue;
      events.push({
        event,
        id: fields.get("id") ?? "",
        data: JSON.parse(fields.get("data") ?? "null"),
      });
    }
  }
  await reader?.cancel();
  return events;
}

const open = (query = "", headers: Record<string, string> = {}): Promise<Response> =>
  Promise.resolve(api.app.request(`/api/v1/events${query}`, {
    headers: { authorization: `Bearer ${operatorKey}`, ...headers },
  }));

test("events come with kind, rising id and JSON, only one's own tenant's", async () => {
  const response = await open();
  api.facts.state("session.started", "CP1", { id: "CP1~1" });
  api.facts.state("session.started", "CP2", {}, "other");
  api.facts.state("charger.changed", "CP1");
  const events = await heard(response, 2);
  assert.deepEqual(events.map(({ event }) => event), ["session.started", "charger.changed"]);
  assert.ok(Number(events[0]?.id) < Number(events[1]?.id));
  assert.equal(events[0]?.data["id"], "CP1~1");
  assert.equal(events[0]?.data["at"], "2026-01-01T00:00:00.000Z");
  assert.equal(events[1]?.data["id"], "CP1");
});

test("filters by kind, event and station; station is a word for charger", async () => {
  const streams = await Promise.all([
    open("?kind=session"),
    open("?kind=session.ended,alert"),
    open("?kind=station"),
    open("?station=CP2"),
  ]);
  for (const what of ["session.started", "session.ended", "alert.opened", "charger.changed"]) {
    api.facts.state(what, "CP1");
    api.facts.state(what, "CP2");
  }
  const [sessions, ended, stations, second] = await Promise.all(
    streams.map((stream, index) => heard(stream, [4, 4, 2, 4][index] ?? 0)),
  );
  assert.ok(sessions?.every(({ event }) => event.startsWith("session.")));
  const kinds = new Set(ended?.map(({ event }) => event));
  assert.deepEqual([...kinds], ["session.ended", "alert.opened"]);
  assert.ok(stations?.every(({ event }) => event === "charger.changed"));
  assert.ok(second?.every(({ data }) => data["stationId"] === "CP2"));
});

test("Last-Event-ID resumes right behind it; what is unknown begins with a reset", async () => {
  api.facts.state("session.started", "CP1", { id: "a" });
  const before = await api.facts.lastSequence();
  api.facts.state("session.started", "CP1", { id: "b" });
  api.facts.state("session.started", "CP1", { id: "c" });
  const resumed = await heard(await open("", { "last-event-id": String(before) }), 2);
  assert.deepEqual(resumed.map(({ data }) => data["id"]), ["b", "c"]);
  for (const strange of ["999999", "-1", "abc"]) {
    const [first] = await heard(await open("", { "last-event-id": strange }), 1);
    assert.equal(first?.event, "reset");
    assert.equal(first?.id, String(await api.facts.lastSequence()));
  }
});

test("a lost stream of facts is told to everybody as a reset", async () => {
  const response = await open("?kind=session");
  api.facts.lose(50);
  const [first] = await heard(response, 1);
  assert.equal(first?.event, "reset");
  assert.equal(first?.id, "50");
});

test("a client that does not read is closed, the others go on; silence is broken every 15 s", async () => {
  const clock = new SimClock();
  const facts = new StatedFacts();
  const telemetry = silentTelemetry(clock);
  const stream = new EventStream(facts, clock, telemetry);
  await stream.start();
  const filter = { tenant: "default", kinds: [], station: undefined };
  const slow = stream.open(filter, undefined);
  const quick = stream.open({ ...filter, kinds: ["alert"] }, undefined);
  for (let index = 0; index < 200; index++) {
    facts.state("session.started", "CP1", { text: "x".repeat(10_000) });
  }
  assert.equal(telemetry.value("statewatt_api_event_clients_dropped_total"), 1);
  assert.equal(telemetry.value("statewatt_api_event_clients"), 1);
  facts.state("alert.opened", "CP1");
  assert.equal((await heard(quick, 1))[0]?.event, "alert.opened");
  // What was sent before the end is still there, and then it ends.
  const got = await heard(slow, 1_000);
  assert.ok(got.length > 50 && got.length < 200);

  const silent = stream.open(filter, undefined);
  const reader = silent.body?.getReader();
  await reader?.read();
  clock.advance(15_000);
  const beat = await reader?.read();
  assert.equal(new TextDecoder().decode(beat?.value), `: \nid: ${await facts.lastSequence()}\n\n`);
  stream.close();
});

test("the whole api over a real socket: events arrive while they happen", async () => {
  const { platform, facts, actors, bus, url } = api;
  const started = await startApi({
    ...{ actors, bus, facts, durableFacts: facts, operatorKey, databaseUrl: url },
    ...{ clock: platform.clock, random: platform.random, telemetry: platform.telemetry },
    serverKey: new Uint8Array(32),
    config: {
      httpPort: 0,
      host: "127.0.0.1",
      egress: { allowPrivate: false, allowHosts: [], ports: egressPorts },
      webhookDisableDays: 3,
    },
    readiness: () => [],
  });
  const origin = `http://127.0.0.1:${started.port}`;
  const response = await fetch(`${origin}/api/v1/events?kind=session`, {
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  const first = heard(response, 2);
  facts.state("session.started", "CP1");
  facts.state("session.ended", "CP1");
  assert.deepEqual((await first).map(({ event }) => event), ["session.started", "session.ended"]);
  assert.equal((await fetch(`${origin}/readyz`)).status, 200);
  assert.match(await (await fetch(origin)).text(), /being built/);
  await started.close();
});

test("a client that comes back while the backlog is still being read gets only what it lacks", async () => {
  const clock = new SimClock();
  const facts = new StatedFacts();
  for (const id of ["a", "b", "c"]) facts.state("session.started", "CP1", { id });
  const reading = Promise.withResolvers<void>();
  const slowFeed: FactFeed = {
    lastSequence: () => facts.lastSequence(),
    follow: (which, handlers) => {
      reading.promise.then(() => facts.follow(which, handlers));
      return () => {};
    },
  };
  const stream = new EventStream(slowFeed, clock, silentTelemetry(clock));
  await stream.start();
  const filter = { tenant: "default", kinds: [], station: undefined };
  const back = stream.open(filter, "1");
  const fresh = stream.open(filter, undefined);
  reading.resolve();
  assert.deepEqual((await heard(back, 2)).map(({ data }) => data["id"]), ["b", "c"]);
  facts.state("session.started", "CP1", { id: "d" });
  assert.deepEqual((await heard(fresh, 1)).map(({ data }) => data["id"]), ["d"]);
  stream.close();
});

test("a client that is ahead of a process that still reads goes on behind its id, without a reset", async () => {
  const clock = new SimClock();
  const facts = new StatedFacts();
  facts.state("session.started", "CP1", { id: "a" });
  const reading = Promise.withResolvers<void>();
  const slowFeed: FactFeed = {
    lastSequence: () => facts.lastSequence(),
    follow: (which, handlers) => {
      reading.promise.then(() => facts.follow(which, handlers));
      return () => {};
    },
  };
  const stream = new EventStream(slowFeed, clock, silentTelemetry(clock));
  await stream.start();
  // Another api has told these already; this one has not read them yet.
  for (const id of ["b", "c", "d"]) facts.state("session.started", "CP1", { id });
  const filter = { tenant: "default", kinds: [], station: undefined };
  const ahead = stream.open(filter, "3");
  const strange = stream.open(filter, "5");
  assert.deepEqual((await heard(strange, 1)).map(({ event, id }) => [event, id]), [["reset", "1"]]);

  reading.resolve();
  await reading.promise;
  facts.state("session.started", "CP1", { id: "e" });

  const events = await heard(ahead, 2);
  assert.deepEqual(events.map(({ event, id }) => [event, id]), [
    ["session.started", "4"],
    ["session.started", "5"],
  ]);
  stream.close();
});

test("a client whose id cannot be looked up now is closed, and comes back with it", async () => {
  const clock = new SimClock();
  const facts = new StatedFacts();
  let isAway = false;
  const feed: FactFeed = {
    lastSequence: () => isAway ? Promise.reject(new Error("away")) : facts.lastSequence(),
    follow: (which, handlers) => facts.follow(which, handlers),
  };
  const stream = new EventStream(feed, clock, silentTelemetry(clock));
  await stream.start();
  isAway = true;

  const events = await heard(stream.open(everything, "7"), 1);

  assert.deepEqual(events, []);
  stream.close();
});

interface Past {
  readonly clock: SimClock;
  readonly facts: StatedFacts;
  readonly stream: EventStream;
}

/** A stream of `count` facts of which the process itself keeps the last 10,000. */
async function withPast(count: number): Promise<Past> {
  const clock = new SimClock();
  const facts = new StatedFacts();
  for (let n = 1; n <= count; n++) {
    facts.state("session.started", n % 2 === 0 ? "CP2" : "CP1", { n });
  }
  const stream = new EventStream(facts, clock, silentTelemetry(clock), facts);
  await stream.start();
  return { clock, facts, stream };
}

const everything = { tenant: "default", kinds: [], station: undefined };

test("an id older than what the process keeps is read back from the stream, then live", async () => {
  const { facts, stream } = await withPast(25_000);
  const response = stream.open(everything, "20");
  facts.state("session.started", "CP1", { n: 25_001 });

  const events = await heard(response, 24_981);

  assert.deepEqual(
    events.map(({ id }) => Number(id)),
    Array.from({ length: 24_981 }, (_, index) => index + 21),
  );
  stream.close();
});

test("what is read back is filtered, waits for a slow client, and meanwhile happens nothing twice", async () => {
  const { facts, stream } = await withPast(30_000);
  const response = stream.open({ ...everything, station: "CP2" }, "0");
  for (let n = 30_001; n <= 42_000; n++) facts.state("session.started", "CP2", { n });

  const events = await heard(response, 27_000);

  const expected = [
    ...Array.from({ length: 15_000 }, (_, index) => 2 * (index + 1)),
    ...Array.from({ length: 12_000 }, (_, index) => 30_001 + index),
  ];
  assert.deepEqual(events.map(({ id }) => Number(id)), expected);
  stream.close();
});

test("an id older than the stream, or too far back, begins with a reset and goes on live", async () => {
  const { facts, stream } = await withPast(12_000);
  facts.firstSequence = 1_000;
  const older = stream.open(everything, "500");
  const [reset] = await heard(older, 1);
  assert.deepEqual([reset?.event, reset?.id], ["reset", "12000"]);
  const again = stream.open(everything, "998");
  const kept = stream.open(everything, "999");
  assert.equal((await heard(again, 1))[0]?.event, "reset");
  assert.equal((await heard(kept, 1))[0]?.id, "1000");
  stream.close();

  const far = await withPast(120_000);
  const tooFar = far.stream.open(everything, "19999");
  far.facts.state("alert.opened", "CP1");
  const heardFar = await heard(tooFar, 2);
  assert.deepEqual(heardFar.map(({ event }) => event), ["reset", "alert.opened"]);
  assert.equal((await heard(far.stream.open(everything, "20100"), 1))[0]?.id, "20101");
  far.stream.close();
});

test("a stream that is lost while it is read back is told as a reset, once", async () => {
  const { facts, stream } = await withPast(12_000);
  const response = stream.open(everything, "0");
  facts.lose(0);
  facts.state("alert.opened", "CP1");

  const events = await heard(response, 2);

  assert.deepEqual(events.map(({ event }) => event), ["reset", "alert.opened"]);
  stream.close();
});
