import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { ownNats, testNats } from "#start/testing.ts";
import { Membership } from "../leases.ts";
import { LeaseConflict, type LeaseEntry } from "../ports/leases.ts";
import { silentTelemetry } from "../telemetry.ts";
import { connectNats, type NatsLink } from "./nats_connection.ts";
import { NatsLeases } from "./nats_leases.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);

async function withLeases(
  run: (leases: NatsLeases, link: NatsLink) => Promise<void>,
  natsUrl?: string,
): Promise<void> {
  const url = natsUrl ?? (await testNats()).url;
  const link = await connectNats({ url, name: "leases", telemetry });
  const leases = await NatsLeases.open({ link, clock, telemetry, bucket: `M-${randomUUID()}` });
  try {
    await run(leases, link);
  } finally {
    await link.close();
  }
}

/** Entries as `<key>=<value>`, and a wait for one. */
function watching(leases: NatsLeases): {
  until(text: string): Promise<void>;
  stop: () => void;
} {
  const seen: string[] = [];
  let check = (): void => {};
  const stop = leases.watch(({ key, value }: LeaseEntry) => {
    seen.push(`${key}=${value}`);
    check();
  });
  const until = (text: string): Promise<void> =>
    new Promise((resolve) => {
      check = () => seen.includes(text) && resolve();
      check();
    });
  return { until, stop };
}

test("write() is compare-and-set: absent, changed, removed and written again", () =>
  withLeases(async (leases) => {
    const key = "gateway.DE*ABC*E1.2 Zürich";
    const first = await leases.write(key, "one", 0);

    await assert.rejects(leases.write(key, "other", 0), LeaseConflict);
    const second = await leases.write(key, "two", first);
    await assert.rejects(leases.write(key, "other", first), LeaseConflict);
    assert.ok(second > first);
    assert.deepEqual(await leases.read(key), { key, value: "two", revision: second });

    await assert.rejects(leases.remove(key, first), LeaseConflict);
    await leases.remove(key, second);
    assert.equal(await leases.read(key), undefined);
    assert.ok(await leases.write(key, "again", 0) > second);
  }));

test("watch() gives what is there, then each change", () =>
  withLeases(async (leases) => {
    const revision = await leases.write("worker.w=1", "old", 0);
    const watch = watching(leases);

    await watch.until("worker.w=1=old");
    const changed = await leases.write("worker.w=1", "new", revision);
    await leases.write("worker.w2", "x", 0);
    await leases.remove("worker.w=1", changed);
    await watch.until("worker.w=1=new");
    await watch.until("worker.w2=x");
    await watch.until("worker.w=1=undefined");

    watch.stop();
  }));

test("leases and watch go on when the server was killed and is back; nobody is lost", async () => {
  const nats = await ownNats();
  await withLeases(async (leases, link) => {
    const join = async (kind: string, id: string): Promise<Membership> => {
      const options = { store: leases, clock, telemetry, kind, id, incarnation: "1" };
      const membership = new Membership(options);
      await membership.start();
      return membership;
    };
    const worker = await join("worker", "w1");
    const gateway = await join("gateway", "g1");
    const lost: string[] = [];
    worker.onLost("gateway", ({ id }, reason) => void lost.push(`${id} ${reason}`));
    await new Promise<void>((resolve) => void worker.onJoined("gateway", () => resolve()));

    await nats.kill();
    const isBack = new Promise<void>((resolve) =>
      void link.onChange((isConnected) => isConnected && resolve())
    );
    await nats.restart();
    await isBack;
    const back = clock.monotonic();
    while (Math.min(worker.renewedAt, gateway.renewedAt) < back) {
      // deno-lint-ignore no-await-in-loop -- until both leases are renewed again.
      await new Promise<void>((resolve) => void clock.schedule(20, resolve));
    }

    assert.deepEqual(lost, []);
    assert.equal(worker.members("gateway").length, 1);
    const isLost = new Promise<void>((resolve) => void worker.onLost("gateway", () => resolve()));
    await gateway.stop();
    await isLost;
    assert.deepEqual(lost, ["g1 left"]);
    await worker.stop();
  }, nats.url);
  await nats.close();
});
