import assert from "node:assert/strict";
import { test } from "node:test";
import { Stage, StationOnStage } from "#actors/stage_testing.ts";
import type { StationDescription } from "#schemas/events/charger.ts";
import type { AuthenticateReply } from "#schemas/events/gateway.ts";
import { RIVALS_CALM_MS } from "./rivals.ts";

const HERE = "192.0.2.1";
const THERE = "198.51.100.2";

function station(): StationOnStage {
  return new StationOnStage(new Stage(), "CP1", "ocpp1.6").register({ quiet: true });
}

/** Each takes the identity from the one before, ten seconds apart. */
function takeTurns(one: StationOnStage, addresses: readonly string[]): void {
  for (const remoteAddress of addresses) {
    one.stage.advance(10_000);
    one.open({ remoteAddress });
  }
}

function waitSeconds(one: StationOnStage, remoteAddress: string): number | undefined {
  const question = { identity: one.id, remoteAddress };
  const reply = one.tell("socket.authenticate", question) as AuthenticateReply;
  return reply.known ? reply.waitSeconds : undefined;
}

function alertDetails(one: StationOnStage): readonly unknown[] {
  return one.stage.facts.filter(({ name }) => name === "alert.opened")
    .map(({ data }) => (data as { readonly detail: string }).detail);
}

test("two devices that take turns are one alert with both addresses", () => {
  const one = station();
  takeTurns(one, [HERE, THERE, HERE, THERE]);
  assert.deepEqual(one.alerts(), []);
  takeTurns(one, [HERE, THERE, HERE]);
  assert.deepEqual(one.alerts(), ["opened duplicateIdentity"]);
  assert.deepEqual(alertDetails(one), [`Two devices take turns: ${HERE} and ${THERE}`]);
  const { sockets } = one.describe()["presence"] as StationDescription["presence"];
  assert.deepEqual(sockets.map(({ address, closedAt }) => [address, closedAt === null]), [
    [HERE, true],
    [THERE, false],
  ]);
});

test("the alert is over when nobody has taken a turn for long", () => {
  const one = station();
  takeTurns(one, [HERE, THERE, HERE, THERE, HERE]);
  one.stage.advance(RIVALS_CALM_MS - 1);
  assert.deepEqual(one.alerts(), ["opened duplicateIdentity"]);
  one.stage.advance(1);
  assert.deepEqual(one.alerts(), ["opened duplicateIdentity", "resolved duplicateIdentity"]);
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
  takeTurns(one, [THERE, HERE]);
  assert.equal(one.alerts().length, 2);
});

test("whoever wants in has to wait, longer each time, while the holder's address has not", () => {
  const one = station();
  const waits: (number | undefined)[] = [];
  for (let turn = 0; turn < 12; turn++) {
    const [address, other] = turn % 2 === 0 ? [HERE, THERE] as const : [THERE, HERE] as const;
    one.open({ remoteAddress: address });
    assert.equal(waitSeconds(one, address), undefined);
    waits.push(waitSeconds(one, other));
    one.stage.advance(1_000 * (waits.at(-1) ?? 0));
    assert.equal(waitSeconds(one, other), undefined);
  }
  const free = undefined;
  assert.deepEqual(waits, [free, free, free, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
});

test("nobody waits for a device that has gone", () => {
  const one = station();
  takeTurns(one, [HERE, THERE, HERE, THERE, HERE]);
  assert.equal(waitSeconds(one, THERE), 8);
  one.disconnect();
  assert.equal(waitSeconds(one, THERE), undefined);
});

test("a station that loses its network again and again is neither delayed nor an alert", () => {
  const sameAddress = station();
  takeTurns(sameAddress, Array.from({ length: 12 }, () => HERE));
  const roaming = station();
  takeTurns(roaming, Array.from({ length: 12 }, (_, n) => `10.0.0.${n}`));
  const closing = station();
  for (let n = 0; n < 12; n++) {
    takeTurns(closing, [n % 2 === 0 ? HERE : THERE]);
    closing.disconnect();
  }
  for (const one of [sameAddress, roaming, closing]) {
    assert.deepEqual(one.alerts(), []);
    assert.equal(waitSeconds(one, "203.0.113.9"), undefined);
  }
});

test("serial numbers tell two devices apart behind one address", () => {
  const one = station();
  for (const serial of ["S1", "S2", "S1", "S2"]) {
    takeTurns(one, [HERE]);
    one.boot(serial);
  }
  assert.deepEqual(one.alerts(), ["opened duplicateIdentity"]);
  assert.deepEqual(alertDetails(one), [
    `Two devices take turns: ${HERE} (S2) and ${HERE} (S1)`,
  ]);
  assert.ok((waitSeconds(one, HERE) ?? 0) > 0);
});

test("the same serial number is the same device, even when it moves to and fro", () => {
  const one = station();
  for (let n = 0; n < 12; n++) {
    takeTurns(one, [n % 2 === 0 ? HERE : THERE]);
    one.boot("S1");
  }
  assert.deepEqual(one.alerts().filter((alert) => alert.includes("duplicate")), []);
  assert.equal(waitSeconds(one, HERE), undefined);
});

test("a new board in an old station is no alert", () => {
  const one = station();
  takeTurns(one, [HERE]);
  one.boot("S1");
  takeTurns(one, [HERE]);
  one.boot("S2");
  takeTurns(one, [HERE, HERE, HERE]);
  assert.deepEqual(one.alerts(), []);
});

test("what is remembered of sockets is bounded", () => {
  const one = station();
  for (let n = 0; n < 50; n++) {
    const socket = `${"r".repeat(200)}/${n}`;
    one.open({ socket, remoteAddress: "f".repeat(300) });
    one.boot("s".repeat(25));
    one.stage.advance(1_000);
  }
  assert.ok(one.stage.largestSnapshot < 2_048, `${one.stage.largestSnapshot} bytes`);
});

test("removing the station ends its rivalry", () => {
  const one = station();
  takeTurns(one, [HERE, THERE, HERE, THERE, HERE]);
  one.tell("station.remove");
  assert.deepEqual(one.stage.alarmsOf(one.address), []);
});
