import assert from "node:assert/strict";
import { test } from "node:test";
import postgres from "postgres";
import { testPostgres } from "#start/testing.ts";
import type { OperationRequest } from "../ports/operations.ts";
import { postgresAudit } from "./postgres_audit.ts";
import { systemClock } from "./system_clock.ts";

const request: OperationRequest = {
  verb: "evict",
  to: "w1",
  args: { actor: "acme:charger/CP\u00001" },
  user: "ada",
  connection: "ops on a laptop",
  at: 0,
  nonce: "n1",
};

test("uses of operations are listed newest first, with how they went, and never change", async () => {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const audit = postgresAudit(sql, systemClock());

  await audit.asked(request, "worker w1");
  await audit.asked({ ...request, nonce: "n2", verb: "drain", args: {} }, "worker w1");
  await audit.ended("n1", "done");
  await audit.ended("n1", "a second end counts no more");
  await assert.rejects(audit.asked(request, "worker w1"), /duplicate key/);

  const [newer, older] = await audit.list(10);
  assert.deepEqual([newer?.verb, newer?.outcome, newer?.endedAt], ["drain", null, null]);
  assert.deepEqual(
    [older?.id, older?.user, older?.connection, older?.process, older?.args, older?.outcome],
    ["n1", "ada", "ops on a laptop", "worker w1", { actor: "acme:charger/CP1" }, "done"],
  );
  assert.match(older?.at ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.equal((await audit.list(1)).length, 1);
  const [row] = await sql`SELECT tenant FROM ops_audit WHERE request = 'n1' LIMIT 1`;
  assert.equal(row?.["tenant"], "acme");
  await assert.rejects(sql`UPDATE ops_audit SET operator = 'nobody'`, /never changed/);
  await assert.rejects(sql`DELETE FROM ops_audit`, /never changed/);

  await sql.end({ timeout: 1 });
  await database.close();
});
