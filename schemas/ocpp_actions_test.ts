import assert from "node:assert/strict";
import { test } from "node:test";
import { ocppProtocols } from "./events/gateway.ts";
import { actionsOf, maySend } from "./ocpp_actions.ts";

test("actionsOf() knows 39, 64 and 91 actions", () => {
  const counts = ocppProtocols.map((protocol) => actionsOf(protocol).size);

  assert.deepEqual(counts, [39, 64, 91]);
});

test("actionsOf() splits senders as the standards do", () => {
  const counts = ocppProtocols.map((protocol) => {
    const senders = [...actionsOf(protocol).values()].map(({ sentBy }) => sentBy);
    return ["station", "csms", "both"].map((one) =>
      senders.filter((sender) => sender === one).length
    );
  });

  assert.deepEqual(counts, [[13, 25, 1], [24, 39, 1], [36, 54, 1]]);
});

test("actionsOf() has one SEND, in 2.1", () => {
  const sends = ocppProtocols.map((protocol) =>
    [...actionsOf(protocol).values()].filter(({ kind }) => kind === "SEND").map(({ action }) =>
      action
    )
  );

  assert.deepEqual(sends, [[], [], ["NotifyPeriodicEventStream"]]);
});

test("maySend() lets both sides send DataTransfer only", () => {
  const both = [...actionsOf("ocpp2.1").values()].filter((action) =>
    maySend(action, "station") && maySend(action, "csms")
  );

  assert.deepEqual(both.map(({ action }) => action), ["DataTransfer"]);
});
