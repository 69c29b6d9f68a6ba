// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { routes } from "./routes/mod.ts";
import { operatorKey, stationDescribed, type TestApi, testApi } from "./testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi({ missing: ["gateway"] });
});
after(() => api.close());

test("without the operator's key nothing of /api/v1 is told, not even what exists", async () => {
  for (const path of ["/stations", "/nothing", "/tokens/1"]) {
    const response = await api.app.request(`/api/v1${path}`);
    assert.equal(response.status, 401);
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    const problem = await response.json();
    assert.equal(problem.type, "/problems/unauthenticated");
    assert.equal(problem.instance, `/api/v1${path}`);
  }
});

test("a wrong key is refused, and too many of them are charged to their address", async () => {
  const ask = (authorization: string, remoteAddress: string): Promise<Response> =>
    Promise.resolve(
      api.app.request("/api/v1/overview", { headers: { authorization } }, { remoteAddress }),
    );

  const statuses = new Set<number>();
  for (let guess = 0; guess < 60; guess++) {
    statuses.add((await ask(`Bearer guess-${guess}`, "192.0.2.1")).status);
  }

  assert.deepEqual([...statuses], [401, 429]);
  assert.equal((await ask(`Bearer ${operatorKey}`, "192.0.2.1")).status, 200);
  assert.equal((await ask("Bearer other", "192.0.2.2")).status, 401);
});

test("health, readiness and metrics are open; readiness names what is missing", async () => {
  assert.equal((await api.app.request("/healthz")).status, 200);
  const ready = await api.app.request("/readyz");
  assert.equal(ready.status, 503);
  assert.deepEqual(await ready.json(), { ready: false, missing: ["gateway"] });
  const metrics = await api.app.request("/metrics");
  assert.match(await metrics.text(), /statewatt_api_in_flight/);
});

test("an unknown path is 404, a known one with another method 405", async () => {
  const unknown = await api.call("GET", "/nothing");
  assert.equal(unknown.status, 404);
  assert.equal(unknown.body.type, "/problems/not-found");
  const other = await api.call("DELETE", "/stations");
  assert.equal(other.status, 405);
  assert.equal(other.headers.get("allow"), "GET, POST");
});

test("a bad shape is 400 with a pointer per field", async () => {
  const bad = await api.call("POST", "/stations", { securityProfile: 9, colour: "red" });
  assert.equal(bad.status, 400);
  const pointers = bad.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort();
  assert.deepEqual(pointers, ["/colour", "/id", "/securityProfile"]);
  assert.equal((await api.call("POST", "/stations", "{")).status, 400);
  assert.equal((await api.call("GET", "/stations?limit=0")).status, 400);
  assert.equal((await api.call("GET", "/stations?limit=1001")).status, 400);
  assert.equal((await api.call("GET", "/stations?cursor=abc")).status, 400);
  assert.equal((await api.call("GET", "/stations?colour=red")).status, 400);
  assert.equal((await api.call("GET", "/sessions?from=yesterday")).status, 400);
});

test("JSON that the database refuses never passes the door", async () => {
  const texts = [
    `{"id":"a\\u0000b"}`,
    `{"id":"\\ud800"}`,
    `{"id":"a","tags":["${"x".repeat(101)}"]}`,
  ];
  for (const text of texts) assert.equal((await api.call("POST", "/stations", text)).status, 400);
  const payload = `{"action":"ClearCache","payload":{"n":1e999}}`;
  assert.equal((await api.call("POST", "/stations/A/calls", payload)).status, 400);
});

test("a body over the limit is 413", async () => {
  const big = await api.call("POST", "/stations", `{"id":"${"x".repeat(1_100_000)}"}`);
  assert.equal(big.status, 413);
  assert.equal(big.body.type, "/problems/too-large");
});

test("what actors refuse keeps its meaning, and a bug never shows its message", async () => {
  const table = [
    ["not-found", 404],
    ["conflict", 409],
    ["forbidden", 403],
    ["overloaded", 429],
    ["unavailable", 503],
    ["timed-out", 504],
    ["unsupported", 422],
  ] as const;
  for (const [kind, status] of table) {
    api.actors.answers.set("station.describe", () => {
      throw new PlatformError(kind, `Cannot show: ${kind}`);
    });
    const refused = await api.call("GET", "/stations/A");
    assert.equal(refused.status, status, kind);
    assert.equal(refused.body.detail, `Cannot show: ${kind}`);
    assert.equal(refused.headers.has("retry-after"), status === 429 || status === 503);
  }
  api.actors.answers.set("station.describe", () => {
    throw new TypeError("secret");
  });
  const bug = await api.call("GET", "/stations/A");
  assert.equal(bug.status, 500);
  assert.doesNotMatch(bug.text, /secret/);
});

test("ids of any characters reach their actor decoded once", async () => {
  api.actors.answers.set("station.describe", ({ to }) => stationDescribed(to.key));
  for (const id of ["DE*ABC*E1.2", "a/b", "50%25", "ü ~1"]) {
    const found = await api.call("GET", `/stations/${encodeURIComponent(id)}`);
    assert.equal(found.status, 200);
    const key = id.replaceAll("%", "%25").replaceAll("~", "%7E");
    assert.deepEqual(api.actors.asked.at(-1)?.to, { tenant: "default", kind: "charger", key });
  }
});

test("HEAD is answered like GET without a body", async () => {
  const response = await api.app.request("/api/v1/overview", {
    method: "HEAD",
    headers: { authorization: `Bearer ${operatorKey}` },
  });
  assert.equal(response.status, 200);
  assert.equal(await response.text(), "");
});

test("the OpenAPI document is open, describes every route and refers only to what it has", async () => {
  const response = await api.app.request("/api/v1/openapi.json");
  assert.equal(response.status, 200);
  const document = await response.json();
  assert.equal(document.openapi, "3.1.0");
  for (const { method, path, answers, isOpen } of routes) {
    const full = path.startsWith("//") ? path.slice(1) : `/api/v1${path}`;
    const operation = document.paths[full]?.[method];
    assert.ok(operation, `${method} ${full}`);
    assert.deepEqual(
      Object.keys(operation.responses).sort(),
      [...Object.keys(answers), "default"].sort(),
    );
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const inPath = operation.parameters.filter((one: { in: string }) => one.in === "path");
    assert.deepEqual(inPath.map((one: { name: string }) => one.name).sort(), named.sort());
    assert.deepEqual(operation.security, isOpen ? [] : undefined);
  }
  const ids = Object.values<Record<string, { operationId: string }>>(document.paths)
    .flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  assert.equal(new Set(ids).size, ids.length);
  const schemas = new Set(Object.keys(document.components.schemas));
  for (const [, name] of JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(schemas.has(name ?? ""), `${name} is there`);
  }
});

test("every answer carries the security headers", async () => {
  for (const path of ["/healthz", "/api/v1/stations", "/"]) {
    const { headers } = await api.app.request(path);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.match(headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
  }
});
