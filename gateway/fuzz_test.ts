import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ocppProtocols } from "#schemas/events/gateway.ts";
import { actionsOf } from "#schemas/ocpp_actions.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { connect, currentTime, testGateway } from "./testing.ts";

const FRAMES = 4_000;

/** Values that have broken programs before. */
const nasty: readonly string[] = [
  "null",
  "{}",
  "[]",
  '""',
  "0",
  "-0",
  "1e999",
  "1e-999",
  "9007199254740993",
  "true",
  String.raw`"\u0000"`,
  String.raw`"\ud800"`,
  '"__proto__"',
  '{"__proto__":{"x":1}}',
  '{"constructor":{"prototype":{}}}',
  '{"toString":1,"length":-1}',
  "[".repeat(5_000) + "]".repeat(5_000),
  "{",
  "}",
  '"',
  ",",
  "\u0000",
  "\uFEFF",
  '"' + "x".repeat(70_000) + '"',
];

function pick<Item>(random: SimRandom, items: readonly Item[], otherwise: Item): Item {
  return items[random.integer(items.length)] ?? otherwise;
}

function randomFrame(random: SimRandom, actions: readonly string[]): string {
  const type = pick(random, ["2", "3", "4", "5", "6", "7", '"2"', "-1", "2.5", "null"], "2");
  const id = random.chance(0.7) ? `"f${random.integer(1_000)}"` : pick(random, nasty, "1");
  const action = random.chance(0.8)
    ? `"${pick(random, actions, "Heartbeat")}"`
    : pick(random, nasty, "1");
  const payload = random.chance(0.5)
    ? `{"${pick(random, ["connectorId", "status", "idTag", "__proto__"], "x")}":${
      pick(random, nasty, "1")
    }}`
    : pick(random, nasty, "{}");
  const parts = [type, id, action, payload].slice(
    0,
    1 + random.integer(4) + (random.chance(0.6) ? 4 : 0),
  );
  const text = `[${parts.join(",")}]`;
  if (random.chance(0.7)) return text;
  const at = random.integer(text.length);
  return text.slice(0, at) + pick(random, nasty, "x") + text.slice(at + random.integer(8));
}

test(
  "random frames crash nothing, close nothing, and hurt nobody else",
  { timeout: 120_000 },
  async () => {
    await using bench = await testGateway({
      limits: { badFrames: { burst: 200, perSecond: 1_000_000 } },
    });
    const other = await connect(bench.gateway, "other");
    for (const protocols of ocppProtocols) {
      const random = new SimRandom(2_026);
      const actions = [...actionsOf(protocols).keys()];
      // deno-lint-ignore no-await-in-loop -- one version after another
      const station = await connect(bench.gateway, protocols, { protocols });
      for (let count = 0; count < FRAMES / ocppProtocols.length; count++) {
        const text = randomFrame(random, actions);
        if (random.chance(0.05)) station.socket.send(Buffer.from(text), { binary: true });
        else station.send(text);
      }

      // deno-lint-ignore no-await-in-loop -- one version after another
      const answer = await station.call("Heartbeat", {}, "after the fuzz");
      // deno-lint-ignore no-await-in-loop -- one version after another
      const neighbour = await other.call("Heartbeat", {}, protocols);

      assert.deepEqual(answer, [3, "after the fuzz", { currentTime }]);
      assert.deepEqual(neighbour, [3, protocols, { currentTime }]);
      assert.equal(station.closedWith, undefined);
      for (const frame of station.received) assertFrame(frame);
    }
    assert.equal(bench.gateway.sockets(), 4);
  },
);

/** Whatever a station sends, what it gets is well-formed. */
function assertFrame(frame: unknown): void {
  assert.ok(Array.isArray(frame));
  if (frame[0] === 3) {
    assert.equal(frame.length, 3);
    return;
  }
  assert.equal(frame[0], 4);
  assert.equal(frame.length, 5);
  assert.match(frame[2], /^[A-Za-z]+$/);
  assert.ok(frame[3].length <= 255);
  assert.ok(typeof frame[4] === "object" && !Array.isArray(frame[4]));
}
