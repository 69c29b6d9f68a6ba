/**
 * Each schema rule of each request of a station, broken once, over real sockets through gateway,
 * worker and Postgres: the right answer, nothing stored, nobody else disturbed.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import {
  actionsSentBy,
  type BrokenMessage,
  brokenRequests,
  exampleRequest,
  expectedCode,
  reasonToBear,
} from "#schemas/broken_payloads_testing.ts";
import { type OcppProtocol, ocppProtocols } from "#schemas/events/gateway.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import type { TestStation } from "#gateway/testing.ts";
import { startTestPlatform, type TestPlatform } from "../clients/test_platform.ts";
import { inParallel } from "../load/in_parallel.ts";
import { growth, readCounters } from "./counters.ts";
import {
  answered,
  driverToken,
  endSession,
  type ReadyStation,
  readyStation,
  tellMeter,
} from "./ready_station.ts";
import { StoredRowsView } from "./stored_rows.ts";

/** Bad frames that a gateway answers before it lets a station wait (`gateway/limits.ts`). */
const FRAMES_PER_STATION = 20;
const AT_ONCE = 48;
const REFUSED = "NEGREF";
const BORNE = "NEGBORNE";
const MARK = "never-echoed";
const ROUNDS_MIN = 10;
const callErrors = { metric: "statewatt_gateway_call_errors_total", label: "code" };
const bounds = { metric: "statewatt_gateway_bounds_total", label: "bound" };

let platform: TestPlatform;
let rows: StoredRowsView;

before(async () => {
  platform = await startTestPlatform();
  rows = new StoredRowsView(platform.databaseUrl);
  await platform.rest.importTokens([
    { uid: driverToken, status: "Accepted", concurrentSessions: 0 },
  ]);
});
after(async () => {
  await rows.close();
  await platform.close();
});

/** Registers stations and brings each to the middle of a transaction. */
async function readyStations(
  places: readonly { readonly identity: string; readonly protocol: OcppProtocol }[],
): Promise<readonly ReadyStation[]> {
  await platform.rest.importStations(
    places.map(({ identity }) => ({ id: identity, securityProfile: 0, quiet: true })),
  );
  const ready: ReadyStation[] = [];
  await inParallel(places, AT_ONCE, async (place, index) => {
    ready[index] = await readyStation({ ocppUrl: platform.ocppUrl, ...place });
  });
  return ready;
}

interface Load {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly messages: readonly BrokenMessage[];
}

/** As many stations as it takes to have every message answered. */
function loadsOf(messages: readonly BrokenMessage[]): readonly Load[] {
  return ocppProtocols.flatMap((protocol) => {
    const own = messages.filter((message) => message.protocol === protocol);
    const count = Math.ceil(own.length / FRAMES_PER_STATION);
    return Array.from({ length: count }, (_, index) => ({
      identity: `${REFUSED}-${protocol}-${index}`,
      protocol,
      messages: own.slice(index * FRAMES_PER_STATION, (index + 1) * FRAMES_PER_STATION),
    }));
  });
}

function isSend(
  { protocol, action }: { readonly protocol: OcppProtocol; action: string },
): boolean {
  return actionsOf(protocol).get(action)?.kind === "SEND";
}

async function assertRefused(station: TestStation, { messages }: Load): Promise<void> {
  const before = station.received.length;
  for (const [index, message] of messages.entries()) {
    const { action, payload, pointer } = message;
    const id = `bad-${index}`;
    if (isSend(message)) {
      station.send([6, id, action, payload]);
      continue;
    }
    // deno-lint-ignore no-await-in-loop -- one CALL at a time
    const frame = await station.call(action, payload, id);
    const place = `${message.protocol} ${action} ${message.rule} ${pointer}`;
    assert.equal(frame.length, 5, place);
    const [type, answeredId, code, description, details] = frame;
    assert.deepEqual([type, answeredId, code], [4, id, expectedCode(message)], place);
    assert.ok(typeof description === "string" && description.length <= 255, place);
    assert.ok(description.includes(pointer), `${place}: ${description}`);
    assert.equal(Object.prototype.toString.call(details), "[object Object]", place);
    assert.equal(Object(details)["fields"][0].pointer, pointer, place);
  }
  const calls = messages.filter((message) => !isSend(message)).length;
  assert.equal(station.received.length - before, calls, "a SEND is never answered");
}

/** Heartbeats and meter values, one after the other, until it is told to end. */
async function chargeOn(ready: ReadyStation, isOver: () => boolean): Promise<number> {
  let round = 0;
  while (!isOver() || round < ROUNDS_MIN) {
    round++;
    // deno-lint-ignore no-await-in-loop -- one CALL at a time
    await answered(ready.station, "Heartbeat", {});
    // deno-lint-ignore no-await-in-loop -- one CALL at a time
    await tellMeter(ready, round);
  }
  await endSession(ready, ++round);
  return round;
}

function tally(words: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

test("each rule broken once is refused by its code, stores nothing and disturbs nobody", {
  timeout: 120_000,
}, async () => {
  const messages = ocppProtocols.flatMap(brokenRequests)
    .filter((message) => reasonToBear(message) === undefined);
  const loads = loadsOf(messages);
  const stations = await readyStations(loads);
  const neighbours = await readyStations(
    ocppProtocols.map((protocol) => ({ identity: `NEIGHBOUR-${protocol}`, protocol })),
  );
  await rows.settled();
  const [storedBefore, countersBefore] = [
    await rows.of(REFUSED),
    await readCounters(platform.rest),
  ];

  let isOver = false;
  const charging = neighbours.map((neighbour) => chargeOn(neighbour, () => isOver));
  try {
    await inParallel(loads, AT_ONCE, async (load, index) => {
      const station = stations[index]?.station;
      assert.ok(station !== undefined);
      await assertRefused(station, load);
    });
  } finally {
    isOver = true;
  }
  const rounds = await Promise.all(charging);

  await rows.settled();
  const [storedAfter, countersAfter] = [await rows.of(REFUSED), await readCounters(platform.rest)];
  assert.deepEqual(storedAfter, storedBefore);
  for (const table of ["stations", "sessions", "journal", "snapshots", "meter_values"]) {
    const stored = storedBefore[table]?.length ?? 0;
    assert.ok(stored >= loads.length, `${table} has ${stored} rows of ${loads.length} stations`);
  }
  assert.deepEqual(await rows.deadLetters(), []);
  assert.deepEqual(
    growth(countersBefore, countersAfter, callErrors),
    tally(messages.filter((message) => !isSend(message)).map(expectedCode)),
  );
  assert.deepEqual(
    growth(countersBefore, countersAfter, bounds),
    { "bad-frame": messages.length },
  );
  for (const [index, { identity }] of neighbours.entries()) {
    // deno-lint-ignore no-await-in-loop -- one after the other
    const session = await platform.session(identity, ({ status }) => status === "closed");
    assert.equal(session.energyWh, 10 * (rounds[index] ?? 0));
  }
  for (const { station } of [...stations, ...neighbours]) station.socket.close();
});

/** An example of a message, and forms of it that a station may send as well. */
interface Variants {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly action: string;
  readonly payloads: readonly unknown[];
}

function variantsOf(
  mark: string,
  payloadsOf: (protocol: OcppProtocol, action: string) => readonly unknown[],
): readonly Variants[] {
  return ocppProtocols.flatMap((protocol) =>
    actionsSentBy(protocol, "station").map((action, index) => ({
      identity: `${mark}-${protocol}-${index}`,
      protocol,
      action,
      payloads: payloadsOf(protocol, action),
    }))
  ).filter(({ payloads }) => payloads.length > 0);
}

/** Each variant is answered as the example is; a SEND is followed by a Heartbeat. */
async function assertTaken(station: TestStation, variants: Variants): Promise<void> {
  const { protocol, action, payloads } = variants;
  const outcomes: string[] = [];
  for (const [index, payload] of [exampleRequest(protocol, action), ...payloads].entries()) {
    const id = `taken-${index}`;
    if (isSend(variants)) {
      station.send([6, id, action, payload]);
      // deno-lint-ignore no-await-in-loop -- one CALL at a time
      await answered(station, "Heartbeat", {});
      continue;
    }
    // deno-lint-ignore no-await-in-loop -- one CALL at a time
    const frame = await station.call(action, payload, id);
    outcomes.push(frame[0] === 3 ? "taken" : String(frame[2]));
    assert.ok(!JSON.stringify(frame).includes(MARK), JSON.stringify(frame));
  }
  const [whole = "taken", ...others] = outcomes;
  // What is not offered yet is so in every form.
  assert.ok(["taken", "NotSupported"].includes(whole), `${protocol} ${action}: ${whole}`);
  assert.deepEqual(others.filter((outcome) => outcome !== whole), [], `${protocol} ${action}`);
}

async function assertAllTaken(all: readonly Variants[]): Promise<void> {
  const stations = await readyStations(all);
  await inParallel(all, AT_ONCE, async (variants, index) => {
    const station = stations[index]?.station;
    assert.ok(station !== undefined);
    await assertTaken(station, variants);
    await answered(station, "Heartbeat", {});
    station.socket.close();
  });
  await rows.settled();
  assert.deepEqual(await rows.deadLetters(), []);
}

test("what we bear is taken as if it were whole, and counted", { timeout: 120_000 }, async () => {
  const messages = ocppProtocols.flatMap(brokenRequests)
    .filter((message) => reasonToBear(message) !== undefined);
  const borne = variantsOf(
    BORNE,
    (protocol, action) =>
      messages.filter((message) => message.protocol === protocol && message.action === action)
        .map(({ payload }) => payload),
  );
  const countersBefore = await readCounters(platform.rest);

  await assertAllTaken(borne);

  assert.deepEqual(
    growth(countersBefore, await readCounters(platform.rest), bounds),
    { borne: messages.length },
  );
});

/** The payload with customData at each of its objects, as OCPP 2.x allows everywhere. */
function withCustomData(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.map(withCustomData);
  if (typeof payload !== "object" || payload === null) return payload;
  const parts = Object.entries(payload).map(([name, part]) => [name, withCustomData(part)]);
  const customData = { vendorId: "com.example", [MARK]: { deep: [MARK] } };
  return { ...Object.fromEntries(parts), customData };
}

test("customData is taken everywhere in 2.x, and never echoed", { timeout: 120_000 }, async () => {
  const custom = variantsOf(
    "NEGCUSTOM",
    (protocol, action) =>
      protocol === "ocpp1.6" ? [] : [withCustomData(exampleRequest(protocol, action))],
  );
  const countersBefore = await readCounters(platform.rest);

  await assertAllTaken(custom);

  assert.equal(custom.length, 25 + 37);
  assert.deepEqual(growth(countersBefore, await readCounters(platform.rest), bounds), {});
});
