import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { PlatformError } from "#schemas/errors.ts";
import { ownNats, testNats } from "#start/testing.ts";
import { busContract, type BusPair } from "../ports/bus_contract.ts";
import { silentTelemetry } from "../telemetry.ts";
import { LocalBus, localFirst } from "./local_bus.ts";
import { NatsBus } from "./nats_bus.ts";
import { connectNats } from "./nats_connection.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();
const outstandingMax = 1_500;

async function makePair(): Promise<BusPair & { asker: NatsBus; listener: NatsBus }> {
  const { url } = await testNats();
  const telemetry = silentTelemetry(clock);
  const prefix = `${randomUUID()}.`;
  const links = await Promise.all(
    ["asker", "listener"].map((name) => connectNats({ url, name, telemetry })),
  );
  const [asker, listener] = links.map((link) =>
    new NatsBus({ link, clock, telemetry, outstandingMax, prefix })
  );
  assert.ok(asker !== undefined && listener !== undefined);
  return {
    asker,
    listener,
    outstandingMax,
    settled: () => listener.flush(),
    during: (promise) => promise,
    close: async () => {
      await Promise.all([asker.close(), listener.close()]);
      await Promise.all(links.map((link) => link.close()));
    },
  };
}

busContract("NATS bus", makePair);

busContract("local first, remote listener", async () => {
  const pair = await makePair();
  const local = new LocalBus({ clock, telemetry: silentTelemetry(clock), outstandingMax });
  return { ...pair, asker: localFirst(local, pair.asker) };
});

busContract("local first, local listener", async () => {
  const pair = await makePair();
  const local = new LocalBus({ clock, telemetry: silentTelemetry(clock), outstandingMax });
  const both = localFirst(local, pair.asker);
  return { ...pair, asker: both, listener: both };
});

test("a listener behind a local short-cut is reached from other processes too", async () => {
  const pair = await makePair();
  const local = new LocalBus({ clock, telemetry: silentTelemetry(clock) });
  localFirst(local, pair.listener).listen("actor.1", (text) => `heard ${text}`);
  await pair.settled();

  assert.equal(await pair.asker.ask("actor.1", "you", 5_000), "heard you");

  await pair.close();
});

test("a killed server fails asks clearly, and they succeed when it is back", async () => {
  const nats = await ownNats();
  const telemetry = silentTelemetry(clock);
  const link = await connectNats({ url: nats.url, name: "one", telemetry });
  const other = await connectNats({ url: nats.url, name: "other", telemetry });
  const asker = new NatsBus({ link, clock, telemetry });
  const listener = new NatsBus({ link: other, clock, telemetry });
  listener.listen("actor.1", (text) => text);
  await listener.flush();
  const changes: boolean[] = [];
  const isBack = new Promise<void>((resolve) => {
    let connected = 0;
    for (const one of [link, other]) {
      one.onChange((isConnected) => {
        changes.push(isConnected);
        if (isConnected && ++connected === 2) resolve();
      });
    }
  });

  assert.equal(await asker.ask("actor.1", "before", 5_000), "before");
  const inFlight = Array.from({ length: 50 }, () => outcome(asker.ask("actor.1", "", 1_000)));
  await nats.kill();
  const whileAway = await outcome(asker.ask("actor.1", "away", 1_000));
  const flown = await Promise.all(inFlight);

  assert.ok(["unavailable", "timed-out"].includes(whileAway), whileAway);
  for (const one of flown) assert.ok(["", "unavailable", "timed-out"].includes(one), one);
  assert.equal(asker.isConnected(), false);

  await nats.restart();
  await isBack;
  await listener.flush();
  assert.equal(await asker.ask("actor.1", "after", 5_000), "after");
  assert.equal(asker.isConnected(), true);
  assert.deepEqual(changes.toSorted(), [false, false, true, true]);

  await Promise.all([asker.close(), listener.close()]);
  await Promise.all([link.close(), other.close()]);
  await nats.close();
});

test("a message that nobody awaits any more is not given to the listener", async () => {
  const pair = await makePair();
  const heard: string[] = [];
  pair.listener.listen("actor.1", (text) => {
    heard.push(text);
    return text;
  });
  await pair.settled();

  const over = outcome(pair.asker.ask("actor.1", "over", 0));
  await pair.asker.ask("actor.1", "in time", 5_000);

  assert.deepEqual(heard, ["in time"]);
  assert.equal(await over, "timed-out");
  await pair.close();
});

async function outcome(ask: Promise<string>): Promise<string> {
  try {
    return await ask;
  } catch (error) {
    assert.ok(error instanceof PlatformError, String(error));
    return error.kind;
  }
}
