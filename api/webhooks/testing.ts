// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
/** Webhooks over a real NATS server, a real database and real receivers, in the test's own time. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { NatsDurableFacts } from "#engine/adapters/nats_durable_facts.ts";
import { NatsFacts } from "#engine/adapters/nats_facts.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { silentTelemetry, type Telemetry } from "#engine/telemetry.ts";
import { testNats } from "#start/testing.ts";
import { postgresTenants } from "../adapters/postgres_tenants.ts";
import { Egress } from "../egress.ts";
import { type Answered, type TestApi, testApi } from "../testing.ts";
import { type StartedWebhooks, startWebhooks } from "./start_webhooks.ts";

const systemTime = systemClock();
const DEADLINE_MS = 20_000;
const TICK_MS = 20;

export interface Received {
  readonly at: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it does with a request; default: 204. */
  answer: (request: Received, response: ServerResponse) => void;
  /** Resolves when it has received so many. */
  until(count: number): Promise<void>;
  /** Nobody listens there any more, until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
}

export interface WebhookWorld {
  readonly api: TestApi;
  readonly clock: SimClock;
  readonly durable: NatsDurableFacts;
  readonly telemetry: Telemetry;
  /** Starts one process that takes facts in and sends them. */
  start(): StartedWebhooks;
  receiver(): Promise<Receiver>;
  create(body: object): Promise<Answered>;
  /** Publishes facts `session.started` of these stations, in order. */
  publish(stations: readonly string[], parts?: { kind?: string; tenant?: string }): Promise<void>;
  /** Asks until it is so. */
  eventually(what: string, isSo: () => Promise<boolean> | boolean): Promise<void>;
}

export async function withWebhooks(run: (world: WebhookWorld) => Promise<void>): Promise<void> {
  const id = randomUUID();
  const telemetry = silentTelemetry(systemTime);
  const link = await connectNats({ url: (await testNats()).url, name: "webhooks", telemetry });
  const names = { stream: `FACTS-${id}`, prefix: `${id}.` };
  const parts = { link, clock: systemTime, telemetry, ...names };
  const facts = await NatsFacts.open({ ...parts, bytesMax: 16 * 1_024 * 1_024 });
  const durable = await NatsDurableFacts.open({ ...parts, silenceMsMax: 1_000 });
  const ports: number[] = [];
  const clock = new SimClock(systemTime.now());
  const rules = { allowPrivate: true, allowHosts: [], ports };
  const egress = new Egress({ rules, clock });
  const started: StartedWebhooks[] = [];
  const hint = (): void => started.forEach((each) => each.hint());
  const api = await testApi({ webhooks: { egress, clock, history: durable, hint } });
  const tenants = postgresTenants({ clock: systemTime, url: api.url, connections: 6 });
  const closers: (() => Promise<void>)[] = [];
  // Time goes on by itself, as it does; what takes longer than a test may, a test advances.
  let stopTime = (): void => {};
  const flow = (): void => {
    stopTime = systemTime.schedule(TICK_MS, () => {
      clock.advance(TICK_MS);
      flow();
    });
  };
  flow();
  let last = 0;
  const world: WebhookWorld = {
    ...{ api, clock, durable, telemetry },
    start: () => {
      const random = new SimRandom(started.length + 1);
      const serverKey = new Uint8Array(32);
      const made = startWebhooks({
        ...{ tenants, clock, random, telemetry, egress, serverKey, facts: durable },
      });
      started.push(made);
      return made;
    },
    receiver: async () => {
      const made = await startReceiver();
      ports.push(made.port);
      closers.push(made.close);
      return made;
    },
    create: async (body) => {
      const made = await api.call("POST", "/webhooks", body);
      assert.equal(made.status, 201, made.text);
      return made;
    },
    publish: async (stations, { kind = "session", tenant = "default" } = {}) => {
      const outgoing = stations.map((station, index) => ({
        ...{ shard: 1, seq: last + index + 1, place: 0 },
        fact: {
          ...{ kind, name: "started", id: station, tenant, at: clock.now() },
          data: { stationId: station, n: last + index + 1 },
        },
      }));
      last = await facts.publish(outgoing, last);
    },
    eventually: async (what, isSo) => {
      const until = systemTime.monotonic() + DEADLINE_MS;
      while (!await isSo()) {
        assert.ok(systemTime.monotonic() < until, `It did not come to this: ${what}`);
        hint();
        await new Promise<void>((resolve) => void systemTime.schedule(10, resolve));
      }
    },
  };
  try {
    await run(world);
  } finally {
    stopTime();
    await Promise.all(closers.map((close) => close()));
    await Promise.all(started.map((each) => each.close()));
    await closeAll({ durable, facts, link });
    await tenants.close();
    await api.close();
  }
}

async function closeAll(
  parts: { durable: NatsDurableFacts; facts: NatsFacts; link: NatsLink },
): Promise<void> {
  await parts.durable.close();
  parts.facts.close();
  await parts.link.close();
}

async function startReceiver(): Promise<Receiver & { readonly port: number }> {
  const received: Received[] = [];
  let check = (): void => {};
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => text += part);
    request.on("end", () => {
      const seen = {
        ...{ at: request.url ?? "", headers: request.headers, text },
        body: JSON.parse(text),
      };
      received.push(seen);
      receiver.answer(seen, response);
      check();
    });
  });
  let port = 0;
  const open = async (): Promise<void> => {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
    const address = server.address();
    port = typeof address === "object" ? address?.port ?? 0 : 0;
  };
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  await open();
  const receiver: Receiver = {
    ...{ url: `http://127.0.0.1:${port}/in`, received, open, close },
    answer: (_request, response) => void response.writeHead(204).end(),
    until: (count) =>
      new Promise((resolve, reject) => {
        const cancel = systemTime.schedule(DEADLINE_MS, () => {
          reject(new Error(`${received.length} of ${count} requests came`));
        });
        check = () => {
          if (received.length < count) return;
          cancel();
          resolve();
        };
        check();
      }),
  };
  return Object.assign(receiver, { port });
}
