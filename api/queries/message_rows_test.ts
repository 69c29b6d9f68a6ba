// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { OcppMessage } from "#schemas/rest/observe.ts";
import { type TestApi, testApi } from "../testing.ts";

let api: TestApi;
before(async () => {
  api = await testApi();
  await seed();
});
after(() => api.close());

const start = Date.UTC(2026, 0, 2, 10);

interface Row {
  readonly actor?: string;
  readonly type: string;
  readonly header: object;
  readonly body: object;
  readonly reply?: object;
  readonly effects?: readonly object[];
}

let seq = 0;
async function journal(second: number, row: Row): Promise<void> {
  const at = new Date(start + second * 1_000).toISOString();
  await api
    .sql`INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision, header,
      body, reply, effects)
    VALUES (${at.slice(0, 10)}, 7, ${++seq}, 'default', ${row.actor ?? "default:charger/CP1"}, 'T',
      ${at}, ${row.type}, 1, ${JSON.stringify(row.header)}, ${JSON.stringify(row.body)},
      ${row.reply === undefined ? null : JSON.stringify(row.reply)},
      ${row.effects === undefined ? null : JSON.stringify(row.effects)})`;
}

async function heartbeat(second: number): Promise<void> {
  const at = new Date(start + second * 1_000).toISOString();
  await api.sql`INSERT INTO frame_log (tenant, station_id, at, direction, message_type, action,
      message_id, payload)
    VALUES ('default', 'CP1', ${at}, 'in', 'CALL', 'Heartbeat', ${`h${second}`}, '{}'),
      ('default', 'CP1', ${at}, 'out', 'CALLRESULT', 'Heartbeat', ${`h${second}`},
        '{"currentTime":"2026-01-02T10:00:00Z"}')`;
}

const call = (action: string, messageId: string): object => ({
  type: "ocpp.call",
  cause: messageId,
  protocol: "ocpp1.6",
  action,
  messageId,
});

async function seed(): Promise<void> {
  const { sql } = api;
  await sql`INSERT INTO stations (tenant, id, security_profile, quiet, registration,
      heartbeat_interval_seconds, authorisation_required, connected, created_at)
    VALUES ('default', 'CP1', 0, false, 'Accepted', 300, true, true, now())`;
  await sql`INSERT INTO sessions (tenant, id, station_id, transaction_id, started_at, energy_wh,
      status, state, billable, created_at)
    VALUES ('default', 'CP1~1', 'CP1', '9', now(), 0, 'open', 'Charging', true, now())`;
  await sql`INSERT INTO commands (tenant, id, station_id, kind, action, status, request, created_at,
      updated_at)
    VALUES ('default', 'c1', 'CP1', 'reset', 'Reset', 'accepted', '{}', now(), now())`;
  await journal(1, {
    type: "BootNotification",
    header: call("BootNotification", "m1"),
    body: { chargePointVendor: "Volt", chargePointModel: "One" },
    reply: { status: "Accepted", currentTime: start, interval: 300 },
  });
  await heartbeat(2);
  const order = {
    order: "call",
    tenant: "default",
    identity: "CP1",
    messageId: "c1",
    action: "Reset",
    payload: { type: "Soft" },
  };
  await journal(3, {
    type: "command.request",
    header: { type: "command.request", cause: "x" },
    body: { kind: "reset" },
    effects: [
      { type: "send", subject: "gateway.g1", text: JSON.stringify(order) },
      { type: "send", subject: "api.1", text: "{}" },
    ],
  });
  await journal(4, {
    type: "ocpp.answer",
    header: { type: "ocpp.answer", cause: "y", messageId: "c1" },
    body: { outcome: "answered", response: { status: "Accepted" } },
  });
  await journal(5, {
    actor: "default:session/CP1~1",
    type: "MeterValues",
    header: { via: "charger", ...call("MeterValues", "m2") },
    body: { connectorId: 1, transactionId: 9, meterValue: [] },
  });
  await journal(5, {
    actor: "default:session/CP1~1",
    type: "connector.status",
    header: { type: "connector.status", cause: "forward" },
    body: {},
  });
  await heartbeat(6);
}

function told({ direction, messageType, action, messageId }: OcppMessage): string {
  return [direction, messageType, action, messageId].join(" ");
}

async function messages(
  query: string,
): Promise<{ items: OcppMessage[]; nextCursor: string | null }> {
  const page = await api.call("GET", `/stations/CP1/messages?${query}`);
  assert.equal(page.status, 200, page.text);
  return page.body;
}

const all = [
  "in CALL BootNotification m1",
  "out CALLRESULT BootNotification m1",
  "in CALL Heartbeat h2",
  "out CALLRESULT Heartbeat h2",
  "out CALL Reset c1",
  "in CALLRESULT Reset c1",
  "in CALL MeterValues m2",
  "out CALLRESULT MeterValues m2",
  "in CALL Heartbeat h6",
  "out CALLRESULT Heartbeat h6",
];

test("the log joins journal, sessions' journal and frame log by time, both ways", async () => {
  assert.deepEqual((await messages("order=asc")).items.map(told), all);
  assert.deepEqual((await messages("")).items.map(told), all.toReversed());
});

test("our reply is shown in the words of the station's version", async () => {
  const { items } = await messages("action=BootNotification&direction=out");
  assert.deepEqual(items.map(({ payload }) => payload), [
    { status: "Accepted", currentTime: "2026-01-02T10:00:00.000Z", interval: 300 },
  ]);
});

test("pages of every size and order give the whole log once", async () => {
  for (const order of ["asc", "desc"]) {
    for (const limit of [1, 2, 3, 7]) {
      const seen: string[] = [];
      let cursor = "";
      for (let pages = 0; pages < 30; pages++) {
        const page = await messages(`order=${order}&limit=${limit}${cursor}`);
        seen.push(...page.items.map(told));
        if (page.nextCursor === null) break;
        cursor = `&cursor=${page.nextCursor}`;
      }
      assert.deepEqual(seen, order === "asc" ? all : all.toReversed(), `${order} ${limit}`);
    }
  }
});

test("the log is filtered by action, direction, time and text", async () => {
  assert.deepEqual((await messages("action=Reset")).items.map(told), [
    "in CALLRESULT Reset c1",
    "out CALL Reset c1",
  ]);
  assert.deepEqual((await messages("search=volt")).items.map(told), [
    "in CALL BootNotification m1",
  ]);
  const out = (await messages("direction=out")).items;
  assert.ok(out.every(({ direction }) => direction === "out"));
  assert.equal(out.length, 5);
  const between = "from=2026-01-02T10:00:02Z&to=2026-01-02T10:00:04Z";
  assert.deepEqual((await messages(`order=asc&${between}`)).items.map(told), all.slice(2, 5));
});

test("the messages of a session name it", async () => {
  const { items } = await messages("action=MeterValues&direction=in");
  assert.equal(items[0]?.sessionId, "CP1~1");
});
