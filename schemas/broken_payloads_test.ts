/** Every rule of every message, broken once, as the schema check judges it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv, type ErrorObject } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { brokenPayloads, fullestPayload, smallestPayload } from "./broken_payloads.ts";
import {
  actionsSentBy,
  brokenCommands,
  type BrokenMessage,
  brokenRequests,
  exampleRequest,
  expectedCode,
  reasonToBear,
  reasonToBearResponse,
} from "./broken_payloads_testing.ts";
import { type OcppProtocol, ocppProtocols } from "./events/gateway.ts";
import { actionsOf } from "./ocpp_actions.ts";
import { judgeRequest, judgeResponse, schemaOf, type Verdict } from "./ocpp_schemas.ts";
import type { JsonSchema } from "./ocpp_tolerance.ts";

/** How many rules the official schemas have: a rule that the walk misses is missed here. */
const rules: Readonly<Record<OcppProtocol, readonly [number, number, number]>> = {
  "ocpp1.6": [262, 479, 259],
  "ocpp2.0.1": [1_823, 2_009, 1_447],
  "ocpp2.1": [5_082, 5_218, 2_027],
};

/** Schemas in every form that a rule can take, with a definition and a list in a list. */
const schema: JsonSchema = {
  type: "object",
  additionalProperties: false,
  definitions: {
    Colour: { type: "string", enum: ["red"] },
    Point: {
      type: "object",
      additionalProperties: false,
      properties: { x: { type: "integer", minimum: 2, maximum: 5 } },
      required: ["x"],
    },
  },
  properties: {
    at: { type: "string", format: "date-time" },
    colour: { $ref: "#/definitions/Colour" },
    rows: {
      type: "array",
      minItems: 1,
      items: { type: "array", maxItems: 2, items: { $ref: "#/definitions/Point" } },
    },
    limit: { type: "number", multipleOf: 0.1 },
    name: { type: "string", maxLength: 3 },
  },
  required: ["at"],
};

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  logger: false,
  multipleOfPrecision: 6,
  formats: { "date-time": fullFormats["date-time"], "uri": fullFormats.uri },
});

const keywordOf: Readonly<Record<string, string>> = { null: "type", fraction: "type" };

function placeOf({ instancePath, params }: ErrorObject): string {
  const name = params["missingProperty"] ?? params["additionalProperty"];
  return name === undefined ? instancePath : `${instancePath}/${name}`;
}

test("brokenPayloads() breaks each rule of a schema once, optional parts too", () => {
  const found = brokenPayloads(schema, { at: "2026-11-22T12:00:00Z" })
    .map(({ rule, pointer, holder }) => `${rule} ${pointer} ${holder}`);

  assert.deepEqual(found.filter((each) => !/^(type|null) /.test(each)), [
    "required /at ",
    "additionalProperties /unheardOf ",
    "format /at at",
    "enum /colour Colour",
    "minItems /rows rows",
    "maxItems /rows/0 rows",
    "required /rows/0/0/x Point",
    "additionalProperties /rows/0/0/unheardOf Point",
    "fraction /rows/0/0/x x",
    "minimum /rows/0/0/x x",
    "maximum /rows/0/0/x x",
    "multipleOf /limit limit",
    "maxLength /name name",
  ]);
  const typed = ["", "/at", "/colour", "/rows", "/rows/0", "/rows/0/0", "/rows/0/0/x"];
  assert.deepEqual(
    found.filter((each) => each.startsWith("null ")).map((each) => each.split(" ")[1]),
    [...typed, "/limit", "/name"],
  );
});

test("brokenPayloads() builds what the example lacks and keeps the rest", () => {
  const example = { at: "2026-11-22T12:00:00Z", name: "abc", limit: 0.3 };
  const payload = brokenPayloads(schema, example)
    .find(({ rule }) => rule === "maximum")?.payload;

  assert.deepEqual(payload, { ...example, rows: [[{ x: 6 }]] });
  assert.deepEqual(example, { at: "2026-11-22T12:00:00Z", name: "abc", limit: 0.3 });
});

for (const protocol of ocppProtocols) {
  test(`${protocol}: every broken payload breaks its one rule of the official schema`, () => {
    const parts = [
      brokenRequests(protocol),
      brokenCommands(protocol, "request"),
      brokenCommands(protocol, "response"),
    ];
    const kinds = ["request", "request", "response"] as const;

    assert.deepEqual(parts.map(({ length }) => length), rules[protocol]);
    parts.forEach((messages, index) => {
      const part = kinds[index] ?? "request";
      for (const [action, group] of Map.groupBy(messages, ({ action }) => action)) {
        const validate = ajv.compile(schemaOf(protocol, action, part) ?? {});
        for (const { rule, pointer, payload } of group) {
          assert.equal(validate(payload), false, `${action} ${rule} ${pointer}`);
          const [first, ...others] = (validate.errors ?? [])
            .map((error) => `${error.keyword} ${placeOf(error)}`);
          assert.equal(first, `${keywordOf[rule] ?? rule} ${pointer}`, action);
          // What has another type is also no word of a list.
          assert.deepEqual(others.filter((other) => other !== `enum ${pointer}`), [], action);
        }
      }
    });
  });

  test(`${protocol}: the examples, the smallest and the fullest payloads are clean`, () => {
    for (const { action, kind } of actionsOf(protocol).values()) {
      const isTheirs = actionsSentBy(protocol, "station").includes(action);
      const direction = isTheirs ? "received" : "sent";
      const request = schemaOf(protocol, action, "request") ?? {};
      const requests = [smallestPayload(request), fullestPayload(request)];
      if (isTheirs) requests.push(exampleRequest(protocol, action));
      for (const payload of requests) {
        assert.equal(judgeRequest(protocol, action, payload, direction), "clean", action);
      }
      const response = schemaOf(protocol, action, "response");
      if (kind === "SEND" || response === undefined) continue;
      for (const payload of [smallestPayload(response), fullestPayload(response)]) {
        assert.equal(judgeResponse(protocol, action, payload, "sent"), "clean", action);
        assert.equal(judgeResponse(protocol, action, payload, "received"), "clean", action);
      }
    }
  });

  test(`${protocol}: a station's request is refused for each rule, or borne for a reason`, () => {
    for (const message of brokenRequests(protocol)) {
      const { action, payload } = message;
      const verdict = judgeRequest(protocol, action, payload, "received");
      assertVerdict(message, verdict, reasonToBear(message));
    }
  });

  test(`${protocol}: a station's response is faulty for each rule, or borne for a reason`, () => {
    for (const message of brokenCommands(protocol, "response")) {
      const { action, payload } = message;
      const verdict = judgeResponse(protocol, action, payload, "received");
      assertVerdict(message, verdict, reasonToBearResponse(message));
    }
  });

  test(`${protocol}: a request of ours leaves with no rule broken`, () => {
    for (const message of brokenCommands(protocol, "request")) {
      const verdict = judgeRequest(protocol, message.action, message.payload, "sent");
      assertVerdict(message, verdict, undefined);
    }
  });
}

const kinds: Readonly<Record<string, string>> = {
  OccurenceConstraintViolation: "missing-field",
  OccurrenceConstraintViolation: "missing-field",
  TypeConstraintViolation: "wrong-type",
  PropertyConstraintViolation: "invalid-value",
  FormationViolation: "malformed",
  FormatViolation: "malformed",
};

function assertVerdict(
  message: BrokenMessage,
  verdict: Verdict,
  reason: string | undefined,
): void {
  const { action, rule, pointer } = message;
  const place = `${action} ${rule} ${pointer}`;
  if (reason !== undefined) return assert.equal(verdict, "borne", `${place}: ${reason}`);
  assert.ok(typeof verdict !== "string", `${place} is ${verdict}`);
  assert.equal(verdict.kind, kinds[expectedCode(message)], place);
  assert.equal(verdict.fields[0]?.pointer, pointer, place);
  assert.ok(verdict.detail.includes(pointer), verdict.detail);
}
