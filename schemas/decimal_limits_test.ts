/**
 * Limits with one decimal, in every message that carries one: 8.1 is no multiple of 0.1 in floating
 * point, and a network that refused it would charge no car at 8.1 A.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fullestPayload } from "./broken_payloads.ts";
import { ocppProtocols } from "./events/gateway.ts";
import { actionsOf, maySend } from "./ocpp_actions.ts";
import {
  type Direction,
  judgeRequest,
  judgeResponse,
  type Part,
  schemaOf,
  type Verdict,
} from "./ocpp_schemas.ts";

const limitNames: ReadonlySet<string> = new Set([
  "limit",
  "limit_L2",
  "limit_L3",
  "minChargingRate",
]);

/** A message that carries limits, and the limits in a payload of it. */
interface Carrier {
  readonly name: string;
  judge(limit: number): Verdict;
}

function carriers(protocol: typeof ocppProtocols[number]): readonly Carrier[] {
  return [...actionsOf(protocol).values()].flatMap((action) => {
    const theirs = maySend(action, "station");
    const parts: readonly (readonly [Part, Direction])[] = [
      ["request", theirs ? "received" : "sent"],
      ["response", theirs ? "sent" : "received"],
    ];
    return parts.flatMap(([part, direction]): Carrier[] => {
      const schema = schemaOf(protocol, action.action, part);
      if (schema === undefined) return [];
      const payload = fullestPayload(schema);
      if (!hasLimit(payload)) return [];
      const judge = part === "request" ? judgeRequest : judgeResponse;
      return [{
        name: `${direction} ${part} ${action.action}`,
        judge: (limit) => judge(protocol, action.action, withLimit(payload, limit), direction),
      }];
    });
  });
}

function hasLimit(payload: unknown): boolean {
  return JSON.stringify(withLimit(payload, 0.3)) !== JSON.stringify(payload);
}

/** The payload with every limit in it set to this. */
function withLimit(payload: unknown, limit: number): unknown {
  if (Array.isArray(payload)) return payload.map((part) => withLimit(part, limit));
  if (typeof payload !== "object" || payload === null) return payload;
  return Object.fromEntries(
    Object.entries(payload).map(([name, part]) => [
      name,
      limitNames.has(name) && typeof part === "number" ? limit : withLimit(part, limit),
    ]),
  );
}

const expected = {
  "ocpp1.6": [
    "received response GetCompositeSchedule",
    "sent request RemoteStartTransaction",
    "sent request SetChargingProfile",
  ],
  "ocpp2.0.1": [
    "received request NotifyChargingLimit",
    "received request NotifyEVChargingSchedule",
    "received request ReportChargingProfiles",
    "received response GetCompositeSchedule",
    "sent request RequestStartTransaction",
    "sent request SetChargingProfile",
  ],
  "ocpp2.1": [
    "received request NotifyChargingLimit",
    "received request NotifyEVChargingSchedule",
    "received request ReportChargingProfiles",
    "received response GetCompositeSchedule",
    "sent request RequestStartTransaction",
    "sent request SetChargingProfile",
    "sent request UpdateDynamicSchedule",
    "sent response PullDynamicScheduleUpdate",
  ],
} as const;

for (const protocol of ocppProtocols) {
  const found = carriers(protocol);

  test(`${protocol}: all 401 limits of one decimal from 0.0 to 40.0 are clean, in and out`, () => {
    assert.deepEqual(found.map(({ name }) => name).toSorted(), expected[protocol]);
    for (const { name, judge } of found) {
      for (let tenths = 0; tenths <= 400; tenths++) {
        assert.equal(judge(tenths / 10), "clean", `${name} ${tenths / 10}`);
      }
    }
  });

  test(`${protocol}: two decimals break the step of 1.6, which 2.x schemas do not have`, () => {
    for (const { name, judge } of found) {
      for (const limit of [8.15, 16.01, 0.05]) {
        const verdict = judge(limit);
        const kind = typeof verdict === "string" ? verdict : verdict.kind;
        const borne = name.startsWith("received") ? "borne" : "invalid-value";
        assert.equal(kind, protocol === "ocpp1.6" ? borne : "clean", `${name} ${limit}`);
      }
    }
  });
}
