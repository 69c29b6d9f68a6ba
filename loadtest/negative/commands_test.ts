/**
 * Each schema rule of each request of ours, broken once, given to REST: refused with its place, and
 * nothing leaves. What is whole leaves as it was given. And what becomes of the responses of
 * stations that break their schema.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fullestPayload } from "#schemas/broken_payloads.ts";
import {
  actionsSentBy,
  brokenCommands,
  type BrokenMessage,
} from "#schemas/broken_payloads_testing.ts";
import { type OcppProtocol, ocppProtocols } from "#schemas/events/gateway.ts";
import { type Part, schemaOf } from "#schemas/ocpp_schemas.ts";
import { startTestPlatform, type TestPlatform } from "../clients/test_platform.ts";
import { inParallel } from "../load/in_parallel.ts";
import { AnsweringStation } from "./answering_station.ts";
import { growth, readCounters } from "./counters.ts";
import { driverToken, readyStation } from "./ready_station.ts";
import { StoredRowsView } from "./stored_rows.ts";

/** One CALL of ours is under way per station, so that many stations share the work. */
const STATIONS = 8;
const REQUESTS_AT_ONCE = 16;
const bounds = { metric: "statewatt_gateway_bounds_total", label: "bound" };

let platform: TestPlatform;
let rows: StoredRowsView;
const stations = new Map<OcppProtocol, readonly AnsweringStation[]>();

before(async () => {
  platform = await startTestPlatform();
  rows = new StoredRowsView(platform.databaseUrl);
  await platform.rest.importTokens([
    { uid: driverToken, status: "Accepted", concurrentSessions: 0 },
  ]);
  for (const protocol of ocppProtocols) {
    const identities = Array.from({ length: STATIONS }, (_, index) => `CMD-${protocol}-${index}`);
    // deno-lint-ignore no-await-in-loop -- one version after the other
    await platform.rest.importStations(
      identities.map((id) => ({ id, securityProfile: 0, quiet: true })),
    );
    const { ocppUrl } = platform;
    // deno-lint-ignore no-await-in-loop -- one version after the other
    const ready = await Promise.all(
      identities.map((identity) => readyStation({ ocppUrl, identity, protocol })),
    );
    stations.set(protocol, ready.map((each) => new AnsweringStation(each)));
  }
});
after(async () => {
  for (const each of [...stations.values()].flat()) each.close();
  await rows.close();
  await platform.close();
});

interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any -- an outside client's view of JSON
  readonly body: any;
}

async function rest(method: string, path: string, body?: unknown): Promise<Answer> {
  const content = body === undefined
    ? {}
    : { body: JSON.stringify(body), contentType: "application/json" };
  const response = await platform.rest.request(method, `/api/v1${path}`, content);
  return { status: response.status, body: await response.json() };
}

function call(station: AnsweringStation, action: string, payload: unknown): Promise<Answer> {
  return rest("POST", `/stations/${station.identity}/calls`, { action, payload });
}

/** Gives each item to one of the version's stations; a station has one at a time. */
async function share<Item>(
  protocol: OcppProtocol,
  items: readonly Item[],
  work: (station: AnsweringStation, item: Item) => Promise<void>,
): Promise<void> {
  const all = stations.get(protocol) ?? [];
  assert.equal(all.length, STATIONS);
  await inParallel(all, STATIONS, async (station, lane) => {
    for (let index = lane; index < items.length; index += STATIONS) {
      const item = items[index];
      // deno-lint-ignore no-await-in-loop -- a station has one at a time
      if (item !== undefined) await work(station, item);
    }
  });
}

/** The same payload with the keys of each object in the opposite order. */
function reversed(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.map(reversed);
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(
    Object.entries(payload).reverse().map(([name, part]) => [name, reversed(part)]),
  );
}

function fullest(protocol: OcppProtocol, action: string, part: Part): unknown {
  return fullestPayload(schemaOf(protocol, action, part) ?? {});
}

function placeOf({ action, rule, pointer }: BrokenMessage): string {
  return `${action} ${rule} ${pointer}`;
}

for (const protocol of ocppProtocols) {
  test(`${protocol}: a request of ours with one rule broken is 422, and nothing leaves`, {
    timeout: 120_000,
  }, async () => {
    const broken = brokenCommands(protocol, "request");
    const [station] = stations.get(protocol) ?? [];
    assert.ok(station !== undefined);
    await rows.settled();
    const before = await rows.of(station.identity);

    await inParallel(broken, REQUESTS_AT_ONCE, async (message) => {
      const { status, body } = await call(station, message.action, message.payload);
      const place = `${placeOf(message)}: ${JSON.stringify(body)}`;
      // What is no object at all breaks the shape of our own request.
      assert.equal(status, message.pointer === "" ? 400 : 422, place);
      const pointers = body.errors.map(({ pointer }: { readonly pointer: string }) => pointer);
      assert.ok(pointers.includes(`/payload${message.pointer}`), place);
      for (const { detail } of body.errors) assert.ok(detail.length > 0, place);
    });

    assert.deepEqual(station.received, []);
    assert.deepEqual(await rows.of(station.identity), before);
  });

  test(`${protocol}: every request of ours leaves whole, its keys in the order given`, {
    timeout: 120_000,
  }, async () => {
    await share(protocol, actionsSentBy(protocol, "csms"), async (station, action) => {
      for (const turned of [(payload: unknown) => payload, reversed]) {
        const payload = turned(fullest(protocol, action, "request"));
        station.response = turned(fullest(protocol, action, "response"));

        // deno-lint-ignore no-await-in-loop -- a station has one at a time
        const { status, body } = await call(station, action, payload);

        assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
        assert.equal(body.status, "answered", action);
        assert.equal(JSON.stringify(body.response), JSON.stringify(station.response), action);
        const left = station.received.at(-1);
        assert.equal(left?.action, action);
        assert.equal(JSON.stringify(left?.payload), JSON.stringify(payload), action);
      }
    });
  });

  test(`${protocol}: a response that breaks its schema is kept as it came, and counted`, {
    timeout: 120_000,
  }, async () => {
    const kinds = Map.groupBy(
      brokenCommands(protocol, "response"),
      ({ action, rule, pointer }) => `${action} ${pointer === "" ? "root " : ""}${rule}`,
    );
    const broken = [...kinds.values()].flatMap((group) => group.slice(0, 1));
    const counters = await readCounters(platform.rest);

    await share(protocol, broken, async (station, message) => {
      const { action, payload, pointer } = message;
      station.response = payload;
      const told = await call(station, action, fullest(protocol, action, "request"));
      const seen = await rest("GET", `/calls/${told.body.id}`);

      assert.equal(told.status, 200, placeOf(message));
      for (const { body } of [told, seen]) {
        if (pointer === "" && !isObject(payload)) {
          assert.equal(body.status, "failed", placeOf(message));
          const code = protocol === "ocpp1.6" ? "FormationViolation" : "FormatViolation";
          assert.equal(body.error.code, code, placeOf(message));
        } else {
          assert.equal(body.status, "answered", placeOf(message));
          assert.equal(JSON.stringify(body.response), JSON.stringify(payload), placeOf(message));
        }
      }
    });

    const grown = growth(counters, await readCounters(platform.rest), bounds);
    assert.deepEqual(grown, { borne: broken.length });
    await rows.settled();
    assert.deepEqual(await rows.deadLetters(), []);
  });
}

/** 0.0 to 40.0 A in tenths. */
const limits: readonly number[] = Array.from({ length: 401 }, (_, tenths) => tenths / 10);

/** A valid request of each version that carries limits to the station. */
function profileRequest(protocol: OcppProtocol, chosen: readonly number[]): unknown {
  const is16 = protocol === "ocpp1.6";
  const schedule = {
    chargingRateUnit: "A",
    minChargingRate: chosen.at(-1),
    chargingSchedulePeriod: chosen.map((limit, startPeriod) => ({ startPeriod, limit })),
  };
  const profile = {
    stackLevel: 0,
    chargingProfilePurpose: "TxDefaultProfile",
    chargingProfileKind: "Relative",
  };
  return is16
    ? {
      connectorId: 1,
      csChargingProfiles: { chargingProfileId: 7, ...profile, chargingSchedule: schedule },
    }
    : {
      evseId: 1,
      chargingProfile: { id: 7, ...profile, chargingSchedule: [{ id: 1, ...schedule }] },
    };
}

function scheduleResponse(protocol: OcppProtocol, chosen: readonly number[]): unknown {
  const chargingSchedulePeriod = chosen.map((limit, startPeriod) => ({ startPeriod, limit }));
  const start = "2026-11-22T12:00:00Z";
  const rate = { chargingRateUnit: "A", chargingSchedulePeriod };
  return protocol === "ocpp1.6"
    ? {
      status: "Accepted",
      connectorId: 1,
      scheduleStart: start,
      chargingSchedule: { duration: 401, minChargingRate: chosen.at(-1), ...rate },
    }
    : { status: "Accepted", schedule: { evseId: 1, duration: 401, scheduleStart: start, ...rate } };
}

for (const protocol of ocppProtocols) {
  test(`${protocol}: all 401 limits of one decimal pass out and in as they are`, async () => {
    const [station] = stations.get(protocol) ?? [];
    assert.ok(station !== undefined);
    const counters = await readCounters(platform.rest);
    const profile = profileRequest(protocol, limits);
    station.response = { status: "Accepted" };
    const set = await call(station, "SetChargingProfile", profile);
    const left = station.received.at(-1);
    station.response = scheduleResponse(protocol, limits);
    const question = fullest(protocol, "GetCompositeSchedule", "request");
    const got = await call(station, "GetCompositeSchedule", question);

    assert.equal(set.status, 200, JSON.stringify(set.body));
    assert.deepEqual(left, { action: "SetChargingProfile", payload: profile });
    assert.equal(JSON.stringify(got.body.response), JSON.stringify(station.response));
    assert.deepEqual(growth(counters, await readCounters(platform.rest), bounds), {});
  });

  const fate = protocol === "ocpp1.6" ? "is refused" : "passes, as its schema has no step";
  test(`${protocol}: 8.15 A ${fate}`, async () => {
    const [station] = stations.get(protocol) ?? [];
    assert.ok(station !== undefined);
    const counters = await readCounters(platform.rest);
    const before = station.received.length;
    station.response = { status: "Accepted" };
    const good = await call(station, "SetChargingProfile", profileRequest(protocol, [8.1, 16.1]));
    const fine = await call(station, "SetChargingProfile", profileRequest(protocol, [16.1, 8.15]));
    station.response = scheduleResponse(protocol, [8.15]);
    const question = fullest(protocol, "GetCompositeSchedule", "request");
    const got = await call(station, "GetCompositeSchedule", question);
    const grown = growth(counters, await readCounters(platform.rest), bounds);

    assert.equal(good.status, 200);
    assert.equal(JSON.stringify(got.body.response), JSON.stringify(station.response));
    if (protocol !== "ocpp1.6") {
      assert.equal(fine.status, 200, "2.x schemas have no step");
      assert.deepEqual(grown, {});
      return;
    }
    assert.equal(fine.status, 422);
    const schedule = "/payload/csChargingProfiles/chargingSchedule";
    assert.deepEqual(
      fine.body.errors.map(({ pointer }: { readonly pointer: string }) => pointer).toSorted(),
      [`${schedule}/chargingSchedulePeriod/1/limit`, `${schedule}/minChargingRate`],
    );
    assert.equal(station.received.length, before + 2);
    assert.deepEqual(grown, { borne: 1 });
  });
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
