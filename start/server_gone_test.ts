import assert from "node:assert/strict";
import { test } from "node:test";
import { isServerGone } from "./server_gone.ts";

function typeError(message: string, file: string): TypeError {
  const error = new TypeError(message);
  error.stack = `TypeError: ${message}\n    at Immediate.nextWrite (file:///x/${file}:255:22)`;
  return error;
}

const message = "Cannot read properties of null (reading 'write')";

test("the driver's write to a closed connection is known, all else is a bug", () => {
  assert.ok(isServerGone(typeError(message, "node_modules/postgres/src/connection.js")));
  assert.ok(!isServerGone(typeError(message, "gateway/connection.ts")));
  assert.ok(!isServerGone(typeError("x is not a function", "postgres/src/connection.js")));
  assert.ok(!isServerGone(new Error(message)));
});

test("the loss of a server is told from a bug by its code", () => {
  const lost = Object.assign(new Error("write CONNECTION_CLOSED"), { code: "CONNECTION_CLOSED" });
  const refused = Object.assign(new Error("duplicate key"), { code: "23505" });
  assert.ok(isServerGone(lost));
  assert.ok(!isServerGone(refused));
});
