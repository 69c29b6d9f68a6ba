import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { barOf, marksOf, placeOf, remarkOf, spanOf } from "./reservation_look.ts";
import type { Reservation } from "./shapes.ts";

const now = Date.UTC(2026, 10, 22, 12);
const HOUR_MS = 3_600_000;

function reservation(changes: Partial<Reservation> = {}): Reservation {
  return {
    ...{ id: 1, stationId: "CP1", evseId: 1, tokenUid: "T", groupId: null, commandId: "c" },
    expiresAt: new Date(now + 2 * HOUR_MS).toISOString(),
    status: "accepted",
    createdAt: new Date(now).toISOString(),
    updatedAt: new Date(now).toISOString(),
    ...changes,
  };
}

test("placeOf() names the EVSE, the type, or any", () => {
  equal(placeOf(reservation()), "EVSE 1");
  equal(placeOf(reservation({ evseId: null })), "any connector");
  equal(placeOf(reservation({ evseId: null, connectorType: "cCCS2" })), "any CCS 2");
});

test("remarkOf() says what came of a cancellation, else why it is so", () => {
  equal(remarkOf(reservation()), undefined);
  equal(remarkOf(reservation({ detail: "It said Occupied" })), "It said Occupied");
  const cancellation = { status: "rejected", commandId: "c", detail: "It said Rejected" } as const;
  equal(
    remarkOf(reservation({ cancellation })),
    "The station did not cancel it: it said Rejected",
  );
});

test("spanOf() shows all that is ahead, from an hour to a day", () => {
  const until = (hours: number): number => {
    const expiresAt = new Date(now + hours * HOUR_MS).toISOString();
    return (spanOf([reservation({ expiresAt })], now).to - now) / HOUR_MS;
  };
  ok(until(0.1) >= 1 && until(0.1) < 1.1);
  ok(until(5) > 5 && until(5) < 6);
  equal(until(100), 24);
});

test("barOf() stays within the span and says when it goes on", () => {
  const span = { from: now - HOUR_MS, to: now + 3 * HOUR_MS };
  deepEqual(barOf(reservation(), span), { left: 25, width: 50, isCut: false });
  const early = new Date(now - 9 * HOUR_MS).toISOString();
  const late = new Date(now + 9 * HOUR_MS).toISOString();
  deepEqual(barOf(reservation({ createdAt: early, expiresAt: late }), span), {
    left: 0,
    width: 100,
    isCut: true,
  });
});

test("marksOf() marks round times, no more than asked for", () => {
  for (const hours of [1, 3, 9, 26]) {
    const marks = marksOf({ from: now, to: now + hours * HOUR_MS }, 6);
    ok(marks.length >= 2 && marks.length <= 6, `${marks.length}`);
    ok(marks.every((at) => at % (HOUR_MS / 4) === 0));
  }
});
