import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { jetstreamManager } from "@nats-io/jetstream";
import { ownNats, testNats } from "#start/testing.ts";
import type { Fact, FollowFacts, OutgoingFact } from "../ports/facts.ts";
import { silentTelemetry } from "../telemetry.ts";
import { connectNats, type NatsLink } from "./nats_connection.ts";
import { NatsFacts } from "./nats_facts.ts";
import { systemClock } from "./system_clock.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);

interface World {
  readonly link: NatsLink;
  readonly facts: NatsFacts;
  readonly stream: string;
}

/** The server sets this much aside for each stream: many tests share its disk quota. */
const bytesMax = 16 * 1_024 * 1_024;

async function withFacts(run: (world: World) => Promise<void>, natsUrl?: string): Promise<void> {
  const url = natsUrl ?? (await testNats()).url;
  const link = await connectNats({ url, name: "facts", telemetry });
  const id = randomUUID();
  const stream = `FACTS-${id}`;
  const facts = await NatsFacts.open({
    link,
    clock,
    telemetry,
    stream,
    prefix: `${id}.`,
    bytesMax,
  });
  try {
    await run({ link, facts, stream });
  } finally {
    facts.close();
    await link.close();
  }
}

function outgoing(seq: number, kind = "session"): OutgoingFact {
  const fact = { kind, name: "started", id: "CP1", tenant: "default", at: 0, data: { seq } };
  return { shard: 1, seq, place: 0, fact };
}

interface Following {
  readonly seen: Fact[];
  readonly resets: number[];
  readonly stop: () => void;
  until(count: number): Promise<void>;
}

function following(facts: NatsFacts, which: FollowFacts): Following {
  const seen: Fact[] = [];
  const resets: number[] = [];
  let check = (): void => {};
  const stop = facts.follow(which, {
    onFact: (fact) => {
      seen.push(fact);
      check();
    },
    onReset: (sequence) => {
      resets.push(sequence);
      check();
    },
  });
  const until = (count: number): Promise<void> =>
    new Promise((resolve) => {
      check = () => {
        if (seen.length + resets.length >= count) resolve();
      };
      check();
    });
  return { seen, resets, stop, until };
}

test("a follower gets what came behind its sequence, then what comes", () =>
  withFacts(async ({ facts }) => {
    await facts.publish([outgoing(1), outgoing(2), outgoing(3)], 0);
    const follower = following(facts, { afterSequence: 1 });

    await follower.until(2);
    await facts.publish([outgoing(4)], 3);
    await follower.until(3);

    assert.deepEqual(follower.seen.map(({ sequence }) => sequence), [2, 3, 4]);
    assert.deepEqual(follower.seen[0], {
      kind: "session",
      name: "started",
      id: "CP1",
      tenant: "default",
      at: 0,
      data: { seq: 2 },
      sequence: 2,
      subject: "fact.session.started.CP1",
    });
    follower.stop();
  }));

test("subjects choose what a follower gets, one or several", () =>
  withFacts(async ({ facts }) => {
    const kinds = ["session", "charger", "location", "session"];
    await facts.publish(kinds.map((kind, index) => outgoing(index + 1, kind)), 0);

    const one = following(facts, { afterSequence: 0, subjects: ["fact.session.>"] });
    const two = following(facts, {
      afterSequence: 0,
      subjects: ["fact.location.*.CP1", "fact.session.>"],
    });
    await Promise.all([one.until(2), two.until(3)]);

    assert.deepEqual(one.seen.map(({ sequence }) => sequence), [1, 4]);
    assert.deepEqual(two.seen.map(({ sequence }) => sequence), [1, 3, 4]);
    one.stop();
    two.stop();
  }));

test("without a sequence a follower gets only what comes", () =>
  withFacts(async ({ facts }) => {
    await facts.publish([outgoing(1)], 0);
    const follower = following(facts, {});
    const control = following(facts, { afterSequence: 0 });
    await control.until(1);
    // The follower's start was asked of the same server, on the same connection, before the
    // control's.
    await facts.publish([outgoing(2)], 1);

    await follower.until(1);

    assert.deepEqual(follower.seen.map(({ sequence }) => sequence), [2]);
    follower.stop();
    control.stop();
  }));

test("a sequence that has left the stream, or never was in it, is told as a reset", () =>
  withFacts(async ({ facts, link, stream }) => {
    await facts.publish([1, 2, 3, 4].map((seq) => outgoing(seq)), 0);
    const manager = await jetstreamManager(link.connection);
    await manager.streams.purge(stream, { seq: 3 });

    const tooOld = following(facts, { afterSequence: 1 });
    const unknown = following(facts, { afterSequence: 99 });
    const justKept = following(facts, { afterSequence: 2 });
    await Promise.all([tooOld.until(1), unknown.until(1), justKept.until(2)]);
    await facts.publish([outgoing(5)], 4);
    await Promise.all([tooOld.until(2), unknown.until(2), justKept.until(3)]);

    assert.deepEqual([tooOld.resets, unknown.resets, justKept.resets], [[4], [4], []]);
    assert.deepEqual(tooOld.seen.map(({ sequence }) => sequence), [5]);
    assert.deepEqual(justKept.seen.map(({ sequence }) => sequence), [3, 4, 5]);
    for (const { stop } of [tooOld, unknown, justKept]) stop();
  }));

test("publish() behind another sequence than the last is refused, and nothing is appended", () =>
  withFacts(async ({ facts }) => {
    await facts.publish([outgoing(1)], 0);

    await assert.rejects(facts.publish([outgoing(2), outgoing(3)], 0));
    await assert.rejects(facts.publish([outgoing(2), outgoing(3)], 5));

    const { lastSequence, facts: tail } = await facts.publishedAfter(0);
    assert.equal(lastSequence, 1);
    assert.deepEqual(tail, [{ shard: 1, seq: 1, place: 0, sequence: 1 }]);
  }));

test("publishes that interleave append one of them and never a part out of order", () =>
  withFacts(async ({ facts, link, stream }) => {
    const id = stream.slice("FACTS-".length);
    const other = await NatsFacts.open({
      link,
      clock,
      telemetry,
      stream,
      prefix: `${id}.`,
      bytesMax,
    });
    const seqs = (first: number): OutgoingFact[] =>
      Array.from({ length: 20 }, (_, index) => outgoing(first + index));

    const outcomes = await Promise.allSettled([
      facts.publish(seqs(100), 0),
      other.publish(seqs(200), 0),
    ]);

    const tail = (await facts.publishedAfter(0)).facts.map(({ seq }) => seq);
    assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
    assert.deepEqual(tail, seqs(tail[0] ?? 0).map(({ seq }) => seq));
    other.close();
  }));

test("the stream is kept on disk with its limits, also when it was there before", () =>
  withFacts(async ({ link, stream }) => {
    const id = stream.slice("FACTS-".length);
    const options = { link, clock, telemetry, stream, prefix: `${id}.`, bytesMax: 5_000_000 };
    const again = await NatsFacts.open({ ...options, ageMsMax: 3_600_000 });

    const { config } = await (await jetstreamManager(link.connection)).streams.info(stream);

    assert.deepEqual(
      [config.storage, config.max_bytes, config.max_age],
      ["file", 5_000_000, 3_600_000_000_000],
    );
    again.close();
  }));

test("a follower goes on behind its last fact when the server was killed and is back", async () => {
  const nats = await ownNats();
  await withFacts(async ({ facts, link }) => {
    const follower = following(facts, { afterSequence: 0 });
    await facts.publish([outgoing(1), outgoing(2)], 0);
    await follower.until(2);

    await nats.kill();
    const isBack = new Promise<void>((resolve) =>
      void link.onChange((isConnected) => isConnected && resolve())
    );
    await nats.restart();
    await isBack;
    const { lastSequence } = await facts.publishedAfter(0);
    await facts.publish([outgoing(3)], lastSequence);
    await follower.until(3);

    assert.deepEqual(follower.seen.map(({ sequence }) => sequence), [1, 2, 3]);
    assert.deepEqual(follower.resets, []);
    follower.stop();
  }, nats.url);
  await nats.close();
});
