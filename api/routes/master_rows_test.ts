// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { tokensChangedSubject } from "#schemas/events/token.ts";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
});
after(() => api.close());

const munich = {
  id: "muc",
  name: "Munich",
  coordinates: { latitude: 48.137, longitude: 11.575 },
  timeZone: "Europe/Berlin",
  address: "Marienplatz 1",
};

test("a location is created, read, replaced, changed and removed", async () => {
  const created = await api.call("POST", "/locations", munich);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), "/api/v1/locations/muc");
  assert.deepEqual(created.body, munich);
  assert.equal((await api.call("POST", "/locations", munich)).status, 409);
  const changed = await api.call("PATCH", "/locations/muc", {
    name: "München",
    coordinates: { latitude: 48.2 },
  });
  assert.deepEqual(changed.body, {
    ...munich,
    name: "München",
    coordinates: { latitude: 48.2, longitude: 11.575 },
  });
  assert.equal((await api.call("PATCH", "/locations/muc", { name: null })).status, 400);
  const { id: _, ...fields } = munich;
  assert.equal((await api.call("PUT", "/locations/muc", fields)).status, 200);
  assert.equal((await api.call("PUT", "/locations/other", fields)).status, 201);
  assert.equal((await api.call("DELETE", "/locations/other")).status, 204);
  assert.equal((await api.call("GET", "/locations/other")).status, 404);
  assert.equal((await api.call("DELETE", "/locations/other")).status, 404);
});

test("a location without an id gets one, and a broken place is refused", async () => {
  const { id: _, ...fields } = munich;
  const created = await api.call("POST", "/locations", fields);
  assert.equal(created.status, 201);
  assert.equal((await api.call("GET", `/locations/${created.body.id}`)).status, 200);
  const bad = { ...fields, coordinates: { latitude: 91, longitude: 0 } };
  assert.equal((await api.call("POST", "/locations", bad)).status, 400);
});

test("a token lives under its uid without regard to case", async () => {
  const created = await api.call("POST", "/tokens", { uid: "AbC1" });
  assert.equal(created.status, 201);
  const { createdAt: _, ...token } = created.body;
  assert.deepEqual(token, {
    uid: "AbC1",
    type: "ISO14443",
    status: "Accepted",
    concurrentSessions: 1,
  });
  assert.equal((await api.call("POST", "/tokens", { uid: "aBC1" })).status, 409);
  assert.equal((await api.call("GET", "/tokens/ABC1")).body.uid, "AbC1");
  const replaced = await api.call("PUT", "/tokens/abc1", {
    status: "Blocked",
    groupId: "fleet",
    expiresAt: "2030-01-01T02:00:00+02:00",
    concurrentSessions: 0,
  });
  assert.equal(replaced.status, 200);
  assert.equal(replaced.body.expiresAt, "2030-01-01T00:00:00.000Z");
  const patched = await api.call("PATCH", "/tokens/abc1", { groupId: null, status: "Accepted" });
  assert.equal(patched.body.groupId, undefined);
  assert.equal(patched.body.concurrentSessions, 0);
  assert.equal((await api.call("DELETE", "/tokens/ABC1")).status, 204);
  assert.equal((await api.call("GET", "/tokens/abc1")).status, 404);
  assert.equal((await api.call("DELETE", "/tokens/abc1")).status, 404);
  assert.equal((await api.call("PUT", "/tokens/abc1", {})).status, 201);
  assert.equal((await api.call("PUT", "/tokens/abc1", { uid: "other" })).status, 400);
});

test("each change of a token has a version of its own and is told to the workers", async () => {
  const told: string[] = [];
  const stop = api.bus.listen(tokensChangedSubject, (text) => {
    told.push(text);
    return "ok";
  });
  const version = async (): Promise<number> => {
    const [row] = await api.sql`SELECT version FROM token_versions`;
    return Number(row?.["version"]);
  };
  const before = await version();

  await api.call("POST", "/tokens", { uid: "v1" });
  await api.call("DELETE", "/tokens/v1");
  await api.call("POST", "/tokens/import", `{"uid":"v2"}\n{"uid":"v3"}\n`, {
    "content-type": "application/x-ndjson",
  });
  stop();

  assert.equal(await version(), before + 4);
  const versions = await api.sql`SELECT version FROM tokens WHERE key IN ('v1', 'v2', 'v3')
    ORDER BY version`;
  const expected = [before + 2, before + 3, before + 4];
  assert.deepEqual(versions.map((row) => Number(row["version"])), expected);
  assert.deepEqual(told.map((text) => JSON.parse(text)), Array(3).fill({ tenant: "default" }));
});

test("an import of tokens counts new and known rows and names the lines that failed", async () => {
  const lines = [
    `{"uid":"i1"}`,
    ``,
    `{"uid":"i2","concurrentSessions":-1}`,
    `not json`,
    `{"uid":"I1","status":"Blocked"}`,
    `{"uid":"\\ud800"}`,
  ].join("\n");
  const report = await api.call("POST", "/tokens/import", lines, {
    "content-type": "application/x-ndjson",
  });
  assert.equal(report.status, 200);
  const { errors, ...counts } = report.body;
  assert.deepEqual(counts, { created: 1, updated: 1, failed: 3 });
  assert.deepEqual(errors.map(({ line }: { line: number }) => line), [3, 4, 6]);
  assert.equal((await api.call("GET", "/tokens/i1")).body.status, "Blocked");
});

test("tokens come from CSV with quotes, empty cells and any line end", async () => {
  const csv =
    `\uFEFFuid,groupId,concurrentSessions,status\r\n"c,1","say ""hi""",3,\r\nc2,,,Blocked\n` +
    `c3,too,many,cells,here\nc4,,no,\n`;
  const report = await api.call("POST", "/tokens/import", csv, { "content-type": "text/csv" });
  const { errors, ...counts } = report.body;
  assert.deepEqual(counts, { created: 2, updated: 0, failed: 2 });
  assert.deepEqual(errors.map(({ line }: { line: number }) => line), [4, 5]);
  const one = await api.call("GET", `/tokens/${encodeURIComponent("c,1")}`);
  assert.equal(one.body.groupId, `say "hi"`);
  assert.equal(one.body.concurrentSessions, 3);
  const bad = await api.call("POST", "/tokens/import", `uid\n"open`, {
    "content-type": "text/csv",
  });
  assert.equal(bad.status, 400);
});

test("10,000 tokens are imported in seconds", async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `{"uid":"bulk-${index}"}`).join("\n");
  const startedAt = performance.now();
  const report = await api.call("POST", "/tokens/import", lines, {
    "content-type": "application/x-ndjson",
  });
  assert.equal(report.body.created, 10_000);
  assert.ok(performance.now() - startedAt < 10_000);
});

test("pages follow one another without gap or repeat, in both orders, while rows are added", async () => {
  for (const order of ["asc", "desc"]) {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await api.call(
        "GET",
        `/tokens?search=bulk-1&limit=300&order=${order}${from}`,
      );
      seen.push(...page.body.items.map(({ uid }: { uid: string }) => uid));
      cursor = page.body.nextCursor;
      if (order === "desc") await api.call("PUT", `/tokens/bulk-1x${seen.length}`, {});
    } while (cursor !== null);
    assert.equal(new Set(seen).size, seen.length);
    assert.equal(seen.length, 1_111);
  }
});

test("lists are CSV or NDJSON by Accept, and name the next page in Link", async () => {
  const csv = await api.call("GET", "/tokens?search=bulk-1&limit=2", undefined, {
    accept: "text/csv",
  });
  assert.match(csv.headers.get("content-type") ?? "", /^text\/csv/);
  const [header, ...lines] = csv.text.trimEnd().split("\r\n");
  assert.equal(header, "uid,type,status,groupId,expiresAt,concurrentSessions,createdAt");
  assert.equal(lines.length, 2);
  const next = /<([^>]+)>; rel="next"/.exec(csv.headers.get("link") ?? "")?.[1] ?? "";
  const ndjson = await api.call("GET", next.replace("/api/v1", ""), undefined, {
    accept: "application/x-ndjson",
  });
  assert.equal(ndjson.text.trimEnd().split("\n").map((line) => JSON.parse(line)).length, 2);
  const places = await api.call("GET", "/locations", undefined, { accept: "text/csv" });
  assert.match(places.text, /^id,name,coordinates.latitude,coordinates.longitude,timeZone,address/);
});
