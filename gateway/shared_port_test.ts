// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
/** Gateways that share one port, leave it in good order, and keep two devices apart. */
import assert from "node:assert/strict";
import process from "node:process";
import { after, before, test } from "node:test";
import { freePort } from "#start/free_port.ts";
import {
  type GatewayRun,
  join,
  presenceOf,
  type Stage,
  startStage,
  until,
} from "./several_gateways_testing.ts";
import { connect, type TestStation, UpgradeRefused } from "./testing.ts";

let stage: Stage;

before(async () => {
  stage = await startStage();
});
after(() => stage.close());

/** A station that comes back as often as its socket is closed, until it is stopped. */
class Returning {
  readonly codes: number[] = [];
  connects = 0;
  refusals = 0;
  unanswered = 0;
  socket: TestStation | undefined;
  #isStopped = false;
  readonly #ended: Promise<void>;

  constructor(at: { readonly port: number }, identity: string, localAddress = "127.0.0.1") {
    this.#ended = this.#live(at, identity, localAddress);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.socket?.socket.terminate();
    await this.#ended;
  }

  async #live(at: { readonly port: number }, identity: string, from: string): Promise<void> {
    while (!this.#isStopped) {
      try {
        this.socket = await connect(at, identity, { localAddress: from });
      } catch (thrown) {
        if (thrown instanceof UpgradeRefused) this.refusals++;
        await new Promise<void>((resolve) => setTimeout(resolve, 50));
        continue;
      }
      this.connects++;
      this.codes.push(await this.#talk(this.socket));
    }
  }

  /** Heartbeat after heartbeat; resolves with the code of the socket's end. */
  async #talk(station: TestStation): Promise<number> {
    for (let n = 0; station.closedWith === undefined; n++) {
      station.send([2, `beat ${n}`, "Heartbeat", {}]);
      const isAnswered = (): boolean =>
        station.received.some((frame) => (frame as unknown[])[1] === `beat ${n}`);
      await station.until(() => isAnswered() || station.closedWith !== undefined, "an answer");
      if (!isAnswered()) this.unanswered++;
      station.received.length = 0;
    }
    return station.closedWith.code;
  }
}

async function gatewaysOf(pattern: string): Promise<ReadonlyMap<string, number>> {
  const rows = await stage.sql<{ gateway: string; count: number }[]>`
    SELECT gateway, count(*)::integer AS count FROM stations
    WHERE connected AND id LIKE ${pattern} GROUP BY gateway`;
  return new Map(rows.map(({ gateway, count }) => [gateway, count]));
}

test("two gateways share a port; one that drains sends its stations to the other, once each", async () => {
  const port = await freePort();
  const shared = { REUSE_PORT: "1", DRAIN_SECONDS: "1" };
  const one = await stage.gateway(shared, port);
  const two = await stage.gateway(shared, port);
  const stations = Array.from({ length: 32 }, (_, n) => new Returning({ port }, `S-${n}`));
  await until("all are connected", async () => sum(await gatewaysOf("S-%")) === 32);
  const before = await gatewaysOf("S-%");
  assert.equal(before.size, 2, "all stations came to one gateway");

  process.kill(one.pid, "SIGTERM");
  assert.equal(await one.ended(), 0, one.output());
  await until("all are with the other", async () => {
    const now = await gatewaysOf("S-%");
    return now.size === 1 && sum(now) === 32;
  });
  const [[left = ""] = []] = await gatewaysOf("S-%");
  const moved = stations.filter(({ codes }) => codes.length > 0);

  assert.deepEqual(new Set(moved.flatMap(({ codes }) => codes)), new Set([1012]));
  assert.equal(moved.length, 32 - (before.get(left) ?? 0));
  assert.deepEqual(moved.filter(({ connects }) => connects !== 2), []);
  await Promise.all(stations.map((station) => station.stop()));
  await stopped(two);
});

test("a second signal hurries: sockets close at once, and their end is told", async () => {
  const gateway = await stage.gateway({ DRAIN_SECONDS: "3600" });
  const stations = await Promise.all(
    Array.from({ length: 8 }, (_, n) => join(gateway, `H-${n}`)),
  );

  process.kill(gateway.pid, "SIGTERM");
  assert.ok(await gateway.says('"draining"'), gateway.output());
  await until("it listens no more", async () => {
    const thrown = await connect(gateway, "H-9").catch((error: unknown) => error);
    return thrown instanceof Error;
  });
  const openStill = stations.filter(({ closedWith }) => closedWith === undefined).length;
  process.kill(gateway.pid, "SIGTERM");
  assert.equal(await gateway.ended(), 0, gateway.output());

  assert.ok(openStill > 0);
  const codes = await Promise.all(stations.map(async (station) => (await station.closed()).code));
  assert.deepEqual(new Set(codes), new Set([1012]));
  assert.equal(sum(await gatewaysOf("H-%")), 0);
});

test("two devices with one identity at two gateways: one alert with both, and rare turns", async () => {
  const [one, two] = [await stage.gateway(), await stage.gateway()];
  const here = new Returning(one, "R-1", "127.0.0.1");
  const there = new Returning(two, "R-1", "127.0.0.2");
  const alerts = (): Promise<readonly { detail: string; status: string }[]> =>
    stage.sql<{ detail: string; status: string }[]>`
      SELECT detail, status FROM alerts WHERE kind = 'duplicateIdentity' AND station_id = 'R-1'`;
  try {
    await until("the alert", async () => (await alerts()).length > 0);
    await until("a longer wait", () => here.refusals + there.refusals > 60);
  } finally {
    await Promise.all([here.stop(), there.stop()]);
  }

  const [alert, ...others] = await alerts();
  assert.deepEqual([alert?.status, others], ["open", []]);
  assert.match(alert?.detail ?? "", /127\.0\.0\.1/);
  assert.match(alert?.detail ?? "", /127\.0\.0\.2/);
  const { sockets } = await presenceOf(stage, "R-1");
  assert.deepEqual(sockets.map(({ address }) => address).toSorted(), ["127.0.0.1", "127.0.0.2"]);
  // Without waits they would have taken turns at each of their hundreds of tries.
  const turns = here.connects + there.connects;
  assert.ok(turns < 12, `${turns} connections, ${here.refusals + there.refusals} refusals`);
  await Promise.all([stopped(one), stopped(two)]);
});

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}

async function stopped(gateway: GatewayRun): Promise<void> {
  assert.equal(await gateway.stop(), 0, gateway.output());
}
