import assert from "node:assert/strict";
import { test } from "node:test";
import { type ErrorKind, errorKinds, PlatformError } from "#schemas/errors.ts";
import { ocppProtocols } from "#schemas/events/gateway.ts";
import { encodeCallError, errorCodes, failureOf } from "./call_error.ts";

/** The table of the standards: kind, code of 1.6J, code of 2.0.1 and 2.1; null is silence. */
const rows: readonly (readonly [ErrorKind, string | null, string])[] = [
  ["unreadable-frame", "FormationViolation", "RpcFrameworkError"],
  ["unknown-message-type", null, "MessageTypeNotSupported"],
  ["unknown-action", "NotImplemented", "NotImplemented"],
  ["unsupported", "NotSupported", "NotSupported"],
  ["wrong-type", "TypeConstraintViolation", "TypeConstraintViolation"],
  ["missing-field", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"],
  ["invalid-value", "PropertyConstraintViolation", "PropertyConstraintViolation"],
  ["malformed", "FormationViolation", "FormatViolation"],
  ["unauthenticated", "SecurityError", "SecurityError"],
  ["forbidden", "SecurityError", "SecurityError"],
  ["not-found", "GenericError", "GenericError"],
  ["conflict", "GenericError", "GenericError"],
  ["key-reused", "GenericError", "GenericError"],
  ["overloaded", "InternalError", "InternalError"],
  ["unavailable", "InternalError", "InternalError"],
  ["timed-out", "InternalError", "InternalError"],
  ["bug", "InternalError", "InternalError"],
];

for (const [kind, code16, code2] of rows) {
  for (const protocol of ocppProtocols) {
    const expected = protocol === "ocpp1.6" ? code16 : code2;
    test(`encodeCallError() answers ${kind} in ${protocol} by ${expected}`, () => {
      const text = encodeCallError(protocol, '"id"', { kind, detail: "Cannot do it: no" });

      assert.equal(errorCodes[protocol][kind], expected);
      if (expected === null) assert.equal(text, undefined);
      else assert.deepEqual(JSON.parse(text ?? "").slice(0, 3), [4, "id", expected]);
    });
  }
}

test("the table has a row for every kind", () => {
  assert.deepEqual(rows.map(([kind]) => kind).sort(), Object.keys(errorKinds).sort());
});

test("encodeCallError() answers an unreadable id by -1 in 2.x and not at all in 1.6", () => {
  const failure = { kind: "unreadable-frame", detail: "Cannot read the frame: no" } as const;

  const texts = ocppProtocols.map((protocol) => encodeCallError(protocol, undefined, failure));

  assert.equal(texts[0], undefined);
  assert.deepEqual(JSON.parse(texts[1] ?? ""), [4, "-1", "RpcFrameworkError", failure.detail, {}]);
  assert.equal(texts[2], texts[1]);
});

test("encodeCallError() cuts the description at 255 characters and keeps details an object", () => {
  const detail = "x".repeat(254) + "😀" + "\0";

  const text = encodeCallError("ocpp1.6", "7", { kind: "malformed", detail });

  const [, id, , description, details] = JSON.parse(text ?? "");
  assert.equal(id, 7);
  assert.equal(description.length, 255);
  assert.ok(description.isWellFormed());
  assert.deepEqual(details, {});
});

test("encodeCallError() names the bad fields", () => {
  const fields = Array.from(
    { length: 9 },
    (_, index) => ({ pointer: `/f${index}`, detail: "is missing" }),
  );

  const text = encodeCallError("ocpp2.1", '"a"', { kind: "missing-field", detail: "d", fields });

  assert.deepEqual(JSON.parse(text ?? "")[4].fields[0], { pointer: "/f0", detail: "is missing" });
});

test("a bug never shows its message", () => {
  const thrown = [new Error("secret"), "secret", new PlatformError("bug", "secret")];

  for (const one of thrown) {
    const text = encodeCallError("ocpp2.0.1", '"a"', failureOf(one));

    assert.deepEqual(JSON.parse(text ?? ""), [4, "a", "InternalError", "Internal error", {}]);
  }
});
