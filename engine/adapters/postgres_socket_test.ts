import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import postgres from "postgres";
import { testPostgres } from "#start/testing.ts";
import { endingWhenSilent } from "./postgres_socket.ts";

test("a query on a cut link ends, and the next one finds a new connection", async () => {
  const database = await testPostgres();
  const { hostname, port } = new URL(database.url);
  const inside = new Set<Socket>();
  let isCut = false;
  const link = createServer((outer) => {
    const inner = connect(Number(port), hostname);
    inside.add(outer).add(inner);
    outer.on("error", () => inner.destroy()).on("data", (bytes) => isCut || inner.write(bytes));
    inner.on("error", () => outer.destroy()).on("data", (bytes) => isCut || outer.write(bytes));
  }).listen(0, "127.0.0.1");
  await once(link, "listening");
  const url = new URL(database.url);
  url.host = `127.0.0.1:${(link.address() as AddressInfo).port}`;
  const sql = postgres(url.href, { max: 1, backoff: () => 0.01, ...endingWhenSilent(300) });
  assert.equal((await sql`SELECT 1 AS one`)[0]?.["one"], 1);

  isCut = true;
  await assert.rejects(sql`SELECT 2 AS two`, /CONNECTION_CLOSED/);
  isCut = false;

  assert.equal((await sql`SELECT 3 AS three`)[0]?.["three"], 3);
  await sql.end({ timeout: 0 });
  for (const socket of inside) socket.destroy();
  link.close();
  await database.close();
});
