import assert from "node:assert/strict";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { checkRequest } from "#schemas/ocpp_schemas.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { wordsOf } from "./define.ts";
import { type StationCommandKind, stationCommands } from "./mod.ts";
import { MESSAGES_MAX } from "./display_messages.ts";

/** The one CALL as text, or the kind of the refusal. */
function worded(
  kind: StationCommandKind,
  body: unknown,
  protocol: OcppProtocol,
  items: readonly StationItem[] = [],
): string {
  try {
    const [call, ...others] = wordsOf(stationCommands[kind], body, {
      protocol,
      now: Date.UTC(2026, 10, 22),
      tokenType: "ISO14443",
      tokenGroupId: null,
      requestId: 7,
      items,
      transactionOf: (sessionId) => `tx of ${sessionId}`,
    });
    assert.ok(call !== undefined && others.length === 0);
    assert.equal(checkRequest(protocol, call.action, call.payload, "sent"), undefined);
    return `${call.action} ${JSON.stringify(call.payload)}`;
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown.kind;
    throw thrown;
  }
}

const message = { content: "Hello", format: "UTF8" };
const plain = { id: 3, message, priority: "NormalCycle" };

test("SetDisplayMessage says what it was given in the order of MessageInfoType (O01, O02)", () => {
  const told: readonly (readonly [object, string])[] = [
    [
      plain,
      '{"message":{"id":3,"priority":"NormalCycle","message":{"format":"UTF8","content":"Hello"}}}',
    ],
    [
      { ...plain, message: { content: "Hallo", language: "de" }, state: "Idle" },
      '{"message":{"id":3,"priority":"NormalCycle","state":"Idle",' +
      '"message":{"format":"UTF8","language":"de","content":"Hallo"}}}',
    ],
    [
      {
        ...plain,
        sessionId: "CP1~1",
        startAt: "2026-11-22T13:00:00+01:00",
        endAt: "2026-11-22T13:00:00Z",
        evseId: 2,
        state: null,
      },
      '{"message":{"id":3,"priority":"NormalCycle","startDateTime":"2026-11-22T12:00:00.000Z",' +
      '"endDateTime":"2026-11-22T13:00:00.000Z","transactionId":"tx of CP1~1",' +
      '"message":{"format":"UTF8","content":"Hello"},' +
      '"display":{"name":"Display","evse":{"id":2}}}}',
    ],
  ];
  for (const [body, text] of told) {
    assert.equal(worded("set-display-message", body, "ocpp2.0.1"), `SetDisplayMessage ${text}`);
    assert.equal(worded("set-display-message", body, "ocpp2.1"), `SetDisplayMessage ${text}`);
  }
});

test("words that came with 2.1 are refused for 2.0.1, and nobody has a word for 1.6", () => {
  const young: readonly object[] = [
    { ...plain, state: "Suspended" },
    { ...plain, message: { content: "https://x", format: "QRCODE" } },
    { ...plain, message: { content: "x".repeat(513) } },
  ];
  for (const body of young) {
    assert.equal(worded("set-display-message", body, "ocpp2.0.1"), "invalid-value");
    assert.match(worded("set-display-message", body, "ocpp2.1"), /^SetDisplayMessage /);
  }
  const backwards = { ...plain, startAt: "2026-11-22T13:00:00Z", endAt: "2026-11-22T13:00:00Z" };
  assert.equal(worded("set-display-message", backwards, "ocpp2.1"), "invalid-value");
  assert.equal(worded("set-display-message", plain, "ocpp1.6"), "unsupported");
  assert.equal(worded("clear-display-message", { id: 3 }, "ocpp1.6"), "unsupported");
  assert.equal(worded("get-display-messages", {}, "ocpp1.6"), "unsupported");
  assert.equal(worded("cost-updated", { sessionId: "s", totalCost: 1 }, "ocpp1.6"), "unsupported");
});

test("a station takes so many messages of ours, and another of the same id always", () => {
  const items = Array.from({ length: MESSAGES_MAX }, (_, id): StationItem => ({
    block: "display-message",
    key: String(id + 1),
    body: {},
  }));
  const asked: StationItem = { block: "display-message", key: "asked", body: {} };
  const full = [...items, asked];
  assert.match(worded("set-display-message", plain, "ocpp2.0.1", full), /^SetDisplayMessage /);
  const more = { ...plain, id: 4_711 };
  assert.equal(worded("set-display-message", more, "ocpp2.0.1", full), "conflict");
  assert.match(
    worded("set-display-message", more, "ocpp2.0.1", [...items.slice(1), asked]),
    /^SetDisplayMessage /,
  );
});

test("GetDisplayMessages has exactly the filters that were asked for (O03, O04)", () => {
  const asked: readonly (readonly [object, string])[] = [
    [{}, '{"requestId":7}'],
    [{ ids: [3] }, '{"id":[3],"requestId":7}'],
    [{ priority: "InFront" }, '{"requestId":7,"priority":"InFront"}'],
    [{ state: "Charging", ids: null }, '{"requestId":7,"state":"Charging"}'],
  ];
  for (const [body, text] of asked) {
    assert.equal(worded("get-display-messages", body, "ocpp2.0.1"), `GetDisplayMessages ${text}`);
  }
  const { toOutcome } = stationCommands["get-display-messages"];
  assert.equal(toOutcome?.({ status: "Unknown" }).status, "accepted");
  assert.equal(toOutcome?.({}).status, "rejected");
});

test("a message is cleared by its id, a cost told for its transaction (O05, I02)", () => {
  assert.equal(
    worded("clear-display-message", { id: 3 }, "ocpp2.0.1"),
    'ClearDisplayMessage {"id":3}',
  );
  assert.equal(
    worded("cost-updated", { sessionId: "CP1~1", totalCost: 1.5 }, "ocpp2.0.1"),
    'CostUpdated {"totalCost":1.5,"transactionId":"tx of CP1~1"}',
  );
});
