import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { type TestApi, testApi } from "../testing.ts";
import { openSecret } from "../webhooks/secret.ts";

let api: TestApi;
let port = 0;
const seen: string[] = [];
const receiver = createServer((request, response) => {
  request.setEncoding("utf8").on("data", (text: string) => seen.push(text));
  request.on("end", () => response.writeHead(request.url === "/bad" ? 500 : 200).end("thanks"));
});
before(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", () => resolve()));
  const address = receiver.address();
  port = typeof address === "object" ? address?.port ?? 0 : 0;
  api = await testApi({ egress: { allowHosts: ["127.0.0.1"], ports: [443, port] } });
});
after(async () => {
  receiver.close();
  await api.close();
});

test("a secret that is made is shown once, kept sealed, and given to no repeat", async () => {
  const body = { url: "https://hooks.example/in", kinds: ["station", "session.ended"] };
  const headers = { "idempotency-key": "webhook-1" };
  const made = await api.call("POST", "/webhooks", body, headers);
  const again = await api.call("POST", "/webhooks", body, headers);
  const { id, secret } = made.body;

  assert.equal(made.status, 201);
  assert.match(secret, /^whsec_[\w-]{43}$/);
  assert.equal(made.headers.get("location"), `/api/v1/webhooks/${id}`);
  assert.deepEqual([again.status, again.body.id, again.body.secret], [201, id, undefined]);
  const shown = await api.call("GET", `/webhooks/${id}`);
  assert.deepEqual(shown.body, {
    ...{ id, url: "https://hooks.example/in", kinds: ["charger", "session.ended"], enabled: true },
    ...{ createdAt: made.body.createdAt, failures: 0, failingSince: null, pausedUntil: null },
    ...{ lastError: null, lastDeliveredAt: null, disabledAt: null, disabledReason: null },
    waiting: 0,
  });
  const [row] = await api.sql`SELECT sealed_secret FROM webhooks WHERE id = ${id}`;
  const sealed = row?.["sealed_secret"];
  const key = new Uint8Array(32);
  assert.equal(openSecret(sealed, { tenant: "default", webhookId: id }, key), secret);
  assert.throws(() => openSecret(sealed, { tenant: "default", webhookId: "other" }, key));
  assert.throws(() => openSecret(sealed, { tenant: "other", webhookId: id }, key));
  const wrongKey = new Uint8Array(32).fill(1);
  assert.throws(() => openSecret(sealed, { tenant: "default", webhookId: id }, wrongKey));
  const dump = await api.sql`SELECT body FROM idempotency`;
  assert.ok(!JSON.stringify(dump).includes(secret));
});

test("PATCH changes parts; secret null makes a new one, another id or URL is refused", async () => {
  await api.call("POST", "/webhooks", {
    ...{ id: "p", url: "https://hooks.example/", secret: "a-secret-of-our-own" },
  });
  const patched = await api.call("PATCH", "/webhooks/p", {
    ...{ kinds: ["alert"], stations: ["CP1"], enabled: false },
  });
  assert.deepEqual(
    [patched.body.kinds, patched.body.stations, patched.body.enabled, patched.body.secret],
    [["alert"], ["CP1"], false, undefined],
  );
  const everywhere = await api.call("PATCH", "/webhooks/p", { stations: null });
  assert.equal(everywhere.body.stations, undefined);
  const renewed = await api.call("PATCH", "/webhooks/p", { secret: null });
  assert.match(renewed.body.secret, /^whsec_/);
  const set = await api.call("PATCH", "/webhooks/p", { secret: "another-secret-of-ours" });
  assert.equal(set.body.secret, undefined);
  const own = await api.call("PATCH", "/webhooks/p", { url: "https://10.0.0.1/" });
  assert.equal(own.status, 400);
  assert.deepEqual(own.body.errors, [
    { pointer: "/url", detail: "10.0.0.1 is a private address" },
  ]);
  assert.equal((await api.call("PATCH", "/webhooks/none", {})).status, 404);
});

test("what cannot be sent to is refused where it is set", async () => {
  const urls = [
    ...["http://hooks.example/", "https://localhost.localdomain:22/", "https://[::1]/"],
    ...["https://169.254.169.254/", "nonsense", "https://user:word@hooks.example/"],
  ];
  const answers = await Promise.all(urls.map((url) => api.call("POST", "/webhooks", { url })));
  assert.deepEqual(answers.map(({ status }) => status), urls.map(() => 400));
  assert.ok(answers.every(({ body }) => body.errors[0].pointer === "/url"));
  const short = await api.call("POST", "/webhooks", { url: "https://a.example", secret: "short" });
  assert.equal(short.status, 400);
});

test("POST test sends one event now and tells what came of it", async () => {
  await api.call("POST", "/webhooks", { id: "t", url: `http://127.0.0.1:${port}/in` });
  const good = await api.call("POST", "/webhooks/t/test");
  await api.call("PATCH", "/webhooks/t", { url: `http://127.0.0.1:${port}/bad` });
  const bad = await api.call("POST", "/webhooks/t/test");

  assert.deepEqual([good.status, good.body.status, good.body.response, good.body.responseStatus], [
    ...[200, "delivered", "thanks", 200],
  ]);
  assert.deepEqual([bad.body.status, bad.body.error], ["dead", "The receiver answered 500"]);
  assert.deepEqual(JSON.parse(seen[0] ?? ""), good.body.body);
  assert.equal(good.body.body.type, "webhook.test");
  const listed = await api.call("GET", "/webhooks/t/deliveries?limit=1");
  const rest = await api.call("GET", `/webhooks/t/deliveries?cursor=${listed.body.nextCursor}`);
  const found = [...listed.body.items, ...rest.body.items].map(({ id }: { id: string }) => id);
  assert.deepEqual(new Set(found), new Set([good.body.id, bad.body.id]));
  const dead = await api.call("GET", "/webhooks/t/deliveries?status=dead");
  assert.deepEqual(dead.body.items.map(({ id }: { id: string }) => id), [bad.body.id]);
  assert.equal((await api.call("POST", `/webhooks/t/deliveries/${bad.body.id}/retry`)).status, 409);
});

test("names that are not there, doubled or too many are told as problems", async () => {
  await api.call("POST", "/webhooks", { id: "d", url: "https://hooks.example/" });
  const answers = await Promise.all([
    api.call("POST", "/webhooks", { id: "d", url: "https://hooks.example/" }),
    api.call("GET", "/webhooks/none"),
    api.call("DELETE", "/webhooks/none"),
    api.call("POST", "/webhooks/none/test"),
    api.call("GET", "/webhooks/none/deliveries"),
    api.call("POST", "/webhooks/d/deliveries/none/retry"),
    api.call("GET", "/webhooks/d/replays/none"),
    api.call("POST", "/webhooks/d/replay", {}),
    api.call("POST", "/webhooks/d/replay", { fromSequence: 77 }),
  ]);
  assert.deepEqual(answers.map(({ status }) => status), [
    ...[409, 404, 404, 404, 404, 404, 404, 400, 409],
  ]);
  assert.ok(
    answers.every(({ headers }) =>
      headers.get("content-type")?.startsWith("application/problem+json")
    ),
  );
  assert.equal((await api.call("DELETE", "/webhooks/d")).status, 204);
  assert.equal((await api.call("GET", "/webhooks/d")).status, 404);
});

test("a tenant sees and changes only its own webhooks, in the database itself", async () => {
  await api.sql`INSERT INTO webhooks (tenant, id, url, kinds, enabled, sealed_secret, created_at)
    VALUES ('other', 'theirs', 'https://hooks.example/', '{}', true, '', now())`;
  await api.sql`INSERT INTO webhook_deliveries (tenant, webhook_id, id, event_id, type, station_id,
    lane, era, sequence, body, status, created_at, expires_at)
    VALUES ('other', 'theirs', 'x', 'x', 'a.b', 'CP1', 'CP1', 0, 1, '{}', 'dead', now(), now())`;
  const { tenants } = api.platform;
  const counted = async (tenant: string, table: string): Promise<number | undefined> => {
    const [row] = await tenants.run(
      tenant,
      (rows) => rows.all<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`),
    );
    return row?.count;
  };

  const listed = await api.call("GET", "/webhooks");
  assert.ok(listed.body.items.every(({ id }: { id: string }) => id !== "theirs"));
  assert.equal((await api.call("GET", "/webhooks/theirs")).status, 404);
  assert.equal((await api.call("DELETE", "/webhooks/theirs")).status, 404);
  assert.equal(await counted("other", "webhooks"), 1);
  assert.equal(await counted("other", "webhook_deliveries"), 1);
  assert.equal(await counted("nobody", "webhooks"), 0);
  await assert.rejects(
    tenants.run(
      "nobody",
      (rows) =>
        rows.all(`INSERT INTO webhook_lanes (tenant, webhook_id, lane, waiting, due_at)
      VALUES ('other', 'theirs', 'l', 1, now())`),
    ),
  );
});
