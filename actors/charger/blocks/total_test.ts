/**
 * Rules of blocks are total: whatever a station says or answers, no step throws, nothing stored
 * outgrows its bound. An event that throws three times is quarantined, and for a message about a
 * transaction that would be a loss.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { snapshotBytesMax } from "#actors/stage_testing.ts";
import { PlatformError } from "#schemas/errors.ts";
import { fullestPayload } from "#schemas/broken_payloads.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { actionsOf, maySend } from "#schemas/ocpp_actions.ts";
import { judgeRequest, schemaOf } from "#schemas/ocpp_schemas.ts";
import { forSeeds, type Seeded } from "#schemas/seeded_testing.ts";
import { CommandedStation } from "./commanded_testing.ts";
import { isFollowed, isStepped } from "./mod.ts";

const odd: readonly unknown[] = [
  ...[null, true, 0, -1, 0.5, 1e300, -1e300, 2 ** 53, "", "x", "Accepted", "Rejected", "Unknown"],
  ...["2026-11-22T12:00:00Z", "275760-09-13T00:00:00Z", "a/b%c~r1", "y".repeat(4_000)],
  ...[[], {}, [null], [[]], [{}], [{ id: 1 }]],
];

/** The value with a few places of it made odd. */
function bent(value: unknown, random: Seeded, chance: number): unknown {
  if (random.happens(chance)) return random.pick(odd);
  if (Array.isArray(value)) {
    const items = value.map((item) => bent(item, random, chance));
    return random.happens(chance) ? [...items, ...items] : items;
  }
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(() => !random.happens(chance));
  return Object.fromEntries(kept.map(([key, inner]) => [key, bent(inner, random, chance)]));
}

type Json = Readonly<Record<string, unknown>>;

/** A payload that passes what the gateway checks: odd only where that is borne. */
function passing(
  protocol: OcppProtocol,
  action: string,
  { random, direction }: { readonly random: Seeded; readonly direction: "received" | "sent" },
): Json {
  const full = fullestPayload(schemaOf(protocol, action, "request") ?? {});
  for (let attempt = 0; attempt < 20; attempt++) {
    const payload = bent(full, random, random.pick([0, 0.02, 0.1]));
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) continue;
    const verdict = judgeRequest(protocol, action, payload, direction);
    if (typeof verdict === "string") return payload as Json;
  }
  return full as Json;
}

const protocols: readonly OcppProtocol[] = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"];

function actionsBy(protocol: OcppProtocol, sender: "station" | "csms"): readonly string[] {
  const has = sender === "station" ? isStepped : isFollowed;
  return [...actionsOf(protocol).values()]
    .filter((action) => maySend(action, sender) && has(action.action))
    .map(({ action }) => action);
}

/** A transaction that is open, so that rules have something to speak of. */
function charging(protocol: OcppProtocol): CommandedStation {
  const station = CommandedStation.on(protocol);
  const timestamp = station.time();
  if (protocol === "ocpp1.6") {
    station.call("StartTransaction", { connectorId: 1, idTag: "A", meterStart: 0, timestamp });
  } else {
    station.call("TransactionEvent", {
      ...{ eventType: "Started", timestamp, triggerReason: "CablePluggedIn", seqNo: 0 },
      transactionInfo: { transactionId: "tx1" },
      evse: { id: 1, connectorId: 1 },
    });
  }
  return station;
}

/** The only answer to a request of ours that is no fault: no room for it now. */
function commanded(station: CommandedStation, action: string, payload: Json): string | undefined {
  try {
    return station.raw(action, payload);
  } catch (thrown) {
    if (thrown instanceof PlatformError && thrown.kind === "overloaded") return undefined;
    throw thrown;
  }
}

function anythingGoes(station: CommandedStation, random: Seeded): void {
  const { protocol } = station;
  const what = random.whole(0, 9);
  if (what < 4) {
    const action = random.pick(actionsBy(protocol, "station"));
    station.call(action, passing(protocol, action, { random, direction: "received" }));
  } else if (what < 9) {
    const action = random.pick(actionsBy(protocol, "csms"));
    const id = commanded(
      station,
      action,
      passing(protocol, action, { random, direction: "sent" }),
    );
    if (id === undefined) return;
    if (random.happens(0.1)) station.answer(id, { outcome: "timedOut" });
    if (random.happens(0.05)) return;
    const full = fullestPayload(schemaOf(protocol, action, "response") ?? {});
    const response = bent(full, random, random.pick([0, 0.05, 0.3]));
    const error = { code: "GenericError", description: "", details: {} };
    station.answer(
      id,
      random.happens(0.2) ? { outcome: "failed", error } : { outcome: "answered", response },
    );
  } else if (random.happens(0.5)) {
    station.disconnect();
    station.connect();
  } else station.stage.advance(random.whole(1, 100_000));
}

for (const protocol of protocols) {
  test(`${protocol}: no rule throws, whatever a station says or answers`, () => {
    forSeeds(150, (random) => {
      const station = charging(protocol);
      for (let step = 0; step < 40; step++) anythingGoes(station, random);
      assert.ok(station.stage.largestSnapshot <= snapshotBytesMax);
    });
  });
}
