// deno-lint-ignore-file no-await-in-loop -- a test does one thing after the other.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { ownNats, testNats } from "#start/testing.ts";
import type {
  ConsumeFacts,
  DeliveredFact,
  FactConsumption,
  FactOutcome,
} from "../ports/durable_facts.ts";
import type { OutgoingFact } from "../ports/facts.ts";
import { silentTelemetry } from "../telemetry.ts";
import { connectNats, type NatsLink } from "./nats_connection.ts";
import { NatsDurableFacts } from "./nats_durable_facts.ts";
import { NatsFacts } from "./nats_facts.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);
const holder = fileURLToPath(new URL("./testdata/hold_facts_main.ts", import.meta.url));

interface World {
  readonly url: string;
  readonly link: NatsLink;
  readonly facts: NatsFacts;
  readonly durable: NatsDurableFacts;
  readonly stream: string;
  readonly prefix: string;
  /** Another process's view of the same stream. */
  other(): Promise<NatsDurableFacts>;
}

async function withFacts(run: (world: World) => Promise<void>, natsUrl?: string): Promise<void> {
  const url = natsUrl ?? (await testNats()).url;
  const link = await connectNats({ url, name: "durable facts", telemetry });
  const id = randomUUID();
  const stream = `FACTS-${id}`;
  const prefix = `${id}.`;
  const bytesMax = 16 * 1_024 * 1_024;
  const facts = await NatsFacts.open({ link, clock, telemetry, stream, prefix, bytesMax });
  const opened: NatsDurableFacts[] = [];
  const other = async (): Promise<NatsDurableFacts> => {
    const silenceMsMax = 1_000;
    const made = await NatsDurableFacts.open({
      ...{ link, clock, telemetry, stream, prefix, silenceMsMax },
    });
    opened.push(made);
    return made;
  };
  try {
    await run({ url, link, facts, durable: await other(), stream, prefix, other });
  } finally {
    await Promise.all(opened.map((each) => each.close()));
    facts.close();
    await (await jetstreamManager(link.connection)).streams.delete(stream).catch(() => false);
    await link.close();
  }
}

function outgoing(seq: number, kind = "session"): OutgoingFact {
  const fact = { kind, name: "started", id: "CP1", tenant: "default", at: 0, data: { seq } };
  return { shard: 1, seq, place: 0, fact };
}

const seqs = (first: number, last: number): OutgoingFact[] =>
  Array.from({ length: last - first + 1 }, (_, index) => outgoing(first + index));

interface Consuming {
  readonly seen: DeliveredFact[];
  readonly consumption: FactConsumption;
  /** Resolves when so many deliveries have come in. */
  until(count: number): Promise<void>;
}

function consuming(
  durable: NatsDurableFacts,
  which: ConsumeFacts,
  answer: (fact: DeliveredFact) => FactOutcome | Promise<FactOutcome> = () => ({ done: true }),
): Consuming {
  const seen: DeliveredFact[] = [];
  let check = (): void => {};
  const consumption = durable.consume(which, async (fact) => {
    seen.push(fact);
    check();
    return await answer(fact);
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (seen.length >= count) resolve();
      };
      check();
    });
  return { seen, consumption, until };
}

/** Asks until the consumer has dealt with everything up to there: it says so by its floor. */
async function floorReaches(consumption: FactConsumption, sequence: number): Promise<void> {
  while ((await consumption.floor()).sequence < sequence) {
    await new Promise<void>((resolve) => void clock.schedule(5, resolve));
  }
}

const fromFirst = { afterSequence: 0 };
const name = "test";

test("a consumer gets each fact once, with its key, and its position outlives it", () =>
  withFacts(async ({ facts, durable, other }) => {
    await facts.publish(seqs(1, 3), 0);
    const first = consuming(durable, { name, startAfter: fromFirst });
    await first.until(3);
    await floorReaches(first.consumption, 3);
    await first.consumption.close();
    await facts.publish([outgoing(4)], 3);

    const again = consuming(await other(), { name, startAfter: fromFirst });
    await again.until(1);

    assert.deepEqual(first.seen.map(({ sequence }) => sequence).sort(), [1, 2, 3]);
    assert.deepEqual(again.seen.map(({ sequence }) => sequence), [4]);
    const { era, ...fact } = again.seen[0] ?? assert.fail();
    assert.ok(era > Date.UTC(2020, 0, 1));
    assert.deepEqual(fact, {
      ...{ kind: "session", name: "started", id: "CP1", tenant: "default", at: 0 },
      data: { seq: 4 },
      sequence: 4,
      subject: "fact.session.started.CP1",
      key: "1:4:0",
      attempt: 1,
    });
  }));

test("two processes share one consumer: each fact goes to one of them", () =>
  withFacts(async ({ facts, durable, other }) => {
    const keys: string[] = [];
    const all = Promise.withResolvers<void>();
    const take = ({ key }: DeliveredFact): FactOutcome => {
      if (keys.push(key) === 200) all.resolve();
      return { done: true };
    };
    const one = consuming(durable, { name, inFlightMax: 20 }, take);
    const two = consuming(await other(), { name, inFlightMax: 20 }, take);
    await Promise.all([one.consumption.started, two.consumption.started]);

    await facts.publish(seqs(1, 200), 0);
    await all.promise;
    await floorReaches(one.consumption, 200);

    assert.equal(new Set(keys).size, 200);
    assert.equal(keys.length, 200);
  }));

test("no more facts than allowed are at work, and the floor stays below an unfinished one", () =>
  withFacts(async ({ facts, durable }) => {
    const gates = new Map<number, () => void>();
    const { seen, consumption, until } = consuming(
      durable,
      { name, startAfter: fromFirst, inFlightMax: 4 },
      ({ sequence }) => new Promise((done) => gates.set(sequence, () => done({ done: true }))),
    );
    await facts.publish(seqs(1, 10), 0);
    await until(4);
    for (const sequence of [1, 3, 4]) gates.get(sequence)?.();
    await until(7);

    assert.equal(seen.length, 7);
    await floorReaches(consumption, 1);
    assert.equal((await consumption.floor()).sequence, 1);
    for (let sequence = 2; sequence <= 10; sequence++) {
      await until(Math.min(10, sequence + 3));
      gates.get(sequence)?.();
    }
    await floorReaches(consumption, 10);
  }));

test("a handler that asks for it gets the fact again later; one that throws, too", () =>
  withFacts(async ({ facts, durable }) => {
    const { seen, consumption, until } = consuming(
      durable,
      { name, startAfter: fromFirst },
      ({ sequence, attempt }) => {
        if (sequence === 1 && attempt < 3) return { retryAfterMs: 20 };
        if (sequence === 2 && attempt === 1) throw new Error("the handler failed");
        return { done: true };
      },
    );
    await facts.publish(seqs(1, 3), 0);
    await until(6);
    await floorReaches(consumption, 3);

    const attempts = (wanted: number): readonly number[] =>
      seen.filter(({ sequence }) => sequence === wanted).map(({ attempt }) => attempt);
    assert.deepEqual([attempts(1), attempts(2), attempts(3)], [[1, 2, 3], [1, 2], [1]]);
  }));

test("a fact that is given up never comes again", () =>
  withFacts(async ({ facts, durable, other }) => {
    const { consumption, until } = consuming(
      durable,
      { name, startAfter: fromFirst },
      () => ({ gaveUp: "nobody wants it" }),
    );
    await facts.publish(seqs(1, 2), 0);
    await until(2);
    await floorReaches(consumption, 2);
    await consumption.close();
    await facts.publish([outgoing(3)], 2);

    const again = consuming(await other(), { name });
    await again.until(1);

    assert.deepEqual(again.seen.map(({ sequence }) => sequence), [3]);
  }));

test("subjects choose, one or several; the others do not hold the floor back", () =>
  withFacts(async ({ facts, durable }) => {
    const kinds = ["session", "charger", "location", "session"];
    await facts.publish(kinds.map((kind, index) => outgoing(index + 1, kind)), 0);
    const one = consuming(durable, {
      ...{ name: "one", startAfter: fromFirst, subjects: ["fact.session.>"] },
    });
    const two = consuming(durable, {
      ...{
        name: "two",
        startAfter: fromFirst,
        subjects: ["fact.location.*.CP1", "fact.charger.>"],
      },
    });
    await Promise.all([one.until(2), two.until(2)]);
    await floorReaches(two.consumption, 4);

    assert.deepEqual(one.seen.map(({ sequence }) => sequence).sort(), [1, 4]);
    assert.deepEqual(two.seen.map(({ sequence }) => sequence).sort(), [2, 3]);
  }));

test("a new consumer begins where it is told: behind now, behind a sequence, at an instant", () =>
  withFacts(async ({ facts, durable }) => {
    await facts.publish(seqs(1, 2), 0);
    const between = Date.now() + 1;
    await new Promise<void>((resolve) => void clock.schedule(5, resolve));
    await facts.publish(seqs(3, 4), 2);
    assert.equal(await durable.sequenceBefore(between), 2);
    assert.equal(await durable.sequenceBefore(0), 0);
    assert.equal(await durable.sequenceBefore(Date.now() + 1_000), 4);

    const fromNow = consuming(durable, { name: "now" });
    const behind = consuming(durable, { name: "behind", startAfter: { afterSequence: 3 } });
    const at = consuming(durable, { name: "at", startAfter: { at: between } });
    await Promise.all([fromNow, behind, at].map(({ consumption }) => consumption.started));
    await facts.publish([outgoing(5)], 4);
    await Promise.all([fromNow.until(1), behind.until(2), at.until(3)]);

    const sequences = [fromNow, behind, at].map(({ seen }) => seen.map(({ sequence }) => sequence));
    assert.deepEqual(sequences, [[5], [4, 5], [3, 4, 5]]);
  }));

test("rewind() gives everything behind it again, to a consumer that is at work", () =>
  withFacts(async ({ facts, durable }) => {
    const { seen, consumption, until } = consuming(durable, { name, startAfter: fromFirst });
    await facts.publish(seqs(1, 5), 0);
    await until(5);
    await floorReaches(consumption, 5);

    await durable.rewind(name, { afterSequence: 3 });
    await until(7);

    assert.deepEqual(seen.slice(5).map(({ sequence }) => sequence), [4, 5]);
  }));

test("read() gives pages of what is kept, and undefined for what is not", () =>
  withFacts(async ({ facts, durable, link, stream }) => {
    assert.deepEqual(await durable.read(0, 10), { facts: [], upTo: 0, last: 0 });
    await facts.publish(seqs(1, 5), 0);

    const first = await durable.read(0, 3);
    const second = await durable.read(first?.upTo ?? 0, 3);
    const end = await durable.read(5, 3);

    assert.deepEqual(first?.facts.map(({ key }) => key), ["1:1:0", "1:2:0", "1:3:0"]);
    assert.deepEqual(second?.facts.map(({ sequence }) => sequence), [4, 5]);
    assert.deepEqual([first?.upTo, second?.upTo, second?.last], [3, 5, 5]);
    assert.deepEqual(end, { facts: [], upTo: 5, last: 5 });
    assert.equal(await durable.read(6, 3), undefined);
    await (await jetstreamManager(link.connection)).streams.purge(stream, { seq: 3 });
    assert.equal(await durable.read(1, 3), undefined);
    assert.equal((await durable.read(2, 3))?.facts.length, 3);
  }));

test("kill -9 between delivery and acknowledgement: the fact goes to another process", () =>
  withFacts(async ({ facts, durable, url, stream, prefix }) => {
    const runtime = "Deno" in globalThis ? ["run", "-A", "--no-check"] : ["--no-warnings"];
    const child = spawn(process.execPath, [...runtime, holder, url, stream, prefix, name], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    const hasAll = Promise.withResolvers<void>();
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.split("held").length > 3) hasAll.resolve();
    });
    await facts.publish(seqs(1, 3), 0);
    await hasAll.promise;
    const other = consuming(durable, { name });
    await other.consumption.started;
    assert.equal((await other.consumption.floor()).sequence, 0);
    const ended = once(child, "close");
    child.kill("SIGKILL");
    await ended;

    await other.until(3);
    await floorReaches(other.consumption, 3);

    assert.deepEqual(other.seen.map(({ key }) => key).sort(), ["1:1:0", "1:2:0", "1:3:0"]);
    assert.ok(other.seen.every(({ attempt }) => attempt > 1));
  }));

test("a slow handler keeps its fact for longer than the silence allows", () =>
  withFacts(async ({ facts, durable }) => {
    const { seen, consumption, until } = consuming(
      durable,
      { name, startAfter: fromFirst },
      () => new Promise((done) => void clock.schedule(2_500, () => done({ done: true }))),
    );
    await facts.publish([outgoing(1)], 0);
    await until(1);
    await floorReaches(consumption, 1);

    assert.equal(seen.length, 1);
  }));

test("kill -9 of the server: nothing is lost; what it had not yet written down comes again", async () => {
  const nats = await ownNats();
  await withFacts(async ({ facts, durable, link }) => {
    const hold = Promise.withResolvers<FactOutcome>();
    const { seen, consumption, until } = consuming(
      durable,
      { name, startAfter: fromFirst },
      ({ sequence, attempt }) => sequence === 3 && attempt === 1 ? hold.promise : { done: true },
    );
    await facts.publish(seqs(1, 3), 0);
    await until(3);
    await floorReaches(consumption, 2);

    const isBack = new Promise<void>((resolve) =>
      void link.onChange((isConnected) => isConnected && resolve())
    );
    await nats.kill();
    hold.resolve({ done: true });
    await nats.restart();
    await isBack;
    await facts.publish([outgoing(4)], (await facts.publishedAfter(0)).lastSequence);
    await floorReaches(consumption, 4);

    const counts = [1, 2, 3, 4].map((wanted) =>
      seen.filter(({ sequence }) => sequence === wanted).length
    );
    assert.ok(counts.every((count) => count === 1 || count === 2), `delivered ${counts}`);
    assert.equal(counts[2], 2);
  }, nats.url);
  await nats.close();
});
