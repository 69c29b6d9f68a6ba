import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { OperationRequest } from "./ports/operations.ts";
import { openAnswer, RequestGate, sealAnswer, sealRequest } from "./sealed_request.ts";
import { SimClock } from "./sim/sim_clock.ts";

const key = "a key of operations that tests use";

function stage(ownKey: string | undefined = key): {
  readonly clock: SimClock;
  readonly gate: RequestGate;
  request(changes?: Partial<OperationRequest>): OperationRequest;
} {
  const clock = new SimClock();
  let nonces = 0;
  return {
    clock,
    gate: new RequestGate({ id: "w1", key: ownKey, clock }),
    request: (changes = {}) => ({
      verb: "evict",
      to: "w1",
      args: { actor: "default:charger/CP1" },
      user: "ada",
      connection: "ops of a test",
      at: clock.now(),
      nonce: `n${nonces++}`,
      ...changes,
    }),
  };
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
  return "taken";
}

test("a sealed request is taken once", () => {
  const { gate, request } = stage();
  const sealed = sealRequest(request(), key);

  assert.equal(gate.open(sealed, "evict").user, "ada");
  assert.equal(refusal(() => gate.open(sealed, "evict")), "forbidden");
});

test("without the key, or with another, nothing is taken", () => {
  const { gate, request } = stage();
  const sealed = sealRequest(request(), key);

  const other = sealRequest(request(), "another key that is long enough, too");
  assert.equal(refusal(() => gate.open(other, "evict")), "unauthenticated");
  assert.equal(refusal(() => gate.open({ ...sealed, seal: "" }, "evict")), "unauthenticated");
  const changed = { ...sealed, text: sealed.text.replace("CP1", "CP2") };
  assert.equal(refusal(() => gate.open(changed, "evict")), "unauthenticated");
  const open = new RequestGate({ id: "w1", key: undefined, clock: new SimClock() });
  assert.equal(refusal(() => open.open(sealRequest(request(), ""), "evict")), "forbidden");
});

test("a request for another process, another verb or another time is not taken", () => {
  const { clock, gate, request } = stage();

  const open = (changes: Partial<OperationRequest>): string =>
    refusal(() => gate.open(sealRequest(request(changes), key), "evict"));
  assert.equal(open({ to: "w2" }), "forbidden");
  assert.equal(open({ verb: "drain" }), "forbidden");
  assert.equal(open({ at: clock.now() - 61_000 }), "forbidden");
  assert.equal(open({ at: clock.now() + 61_000 }), "forbidden");
  assert.equal(open({}), "taken");
});

test("a request is not taken again at the end of its time, nor are there too many", () => {
  const { clock, gate, request } = stage();
  const early = sealRequest(request({ at: clock.now() + 59_000 }), key);

  gate.open(early, "evict");
  clock.advance(118_000);
  assert.equal(refusal(() => gate.open(early, "evict")), "forbidden");
  for (let count = 0; count < 19_999; count++) gate.open(sealRequest(request(), key), "evict");
  assert.equal(refusal(() => gate.open(sealRequest(request(), key), "evict")), "overloaded");
  clock.advance(121_000);
  assert.equal(gate.open(sealRequest(request(), key), "evict").verb, "evict");
});

test("an answer is of the one question only", () => {
  const sealed = sealAnswer('{"value":1}', "n1", key);

  assert.equal(openAnswer(sealed, "n1", key), '{"value":1}');
  assert.equal(refusal(() => openAnswer(sealed, "n2", key)), "unauthenticated");
  assert.equal(refusal(() => openAnswer(sealed, "n1", "x".repeat(32))), "unauthenticated");
});
