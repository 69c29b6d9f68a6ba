import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import postgres, { type Sql } from "postgres";
import { ownNats, testNats, testPostgres } from "#start/testing.ts";
import { connectNats } from "./adapters/nats_connection.ts";
import { NatsFacts } from "./adapters/nats_facts.ts";
import { PostgresJournal } from "./adapters/postgres_journal.ts";
import { systemClock } from "./adapters/system_clock.ts";
import type { Fact, FactPublisher } from "./ports/facts.ts";
import { FactRelay } from "./relay.ts";
import { silentTelemetry } from "./telemetry.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);

interface World {
  readonly sql: Sql;
  readonly journal: PostgresJournal;
  readonly facts: NatsFacts;
  /** Appends rows with facts named `<shard>.<seq>` as a commit does; `places` facts in each. */
  append(shard: number, count: number, places?: number): Promise<void>;
  /** `<shard>.<seq>/<place>` of all facts in the stream, in its order. */
  published(): Promise<readonly string[]>;
}

async function withWorld(run: (world: World) => Promise<void>, natsUrl?: string): Promise<void> {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  await sql`INSERT INTO shards (shard) SELECT generate_series(0, 7) ON CONFLICT DO NOTHING`;
  const journal = new PostgresJournal({ url: database.url, name: "relay", clock });
  const url = natsUrl ?? (await testNats()).url;
  const link = await connectNats({ url, name: "relay", telemetry });
  const id = randomUUID();
  const facts = await NatsFacts.open({
    link,
    clock,
    telemetry,
    stream: `FACTS-${id}`,
    prefix: `${id}.`,
    bytesMax: 16 * 1_024 * 1_024,
  });
  try {
    await run({
      sql,
      journal,
      facts,
      append: (shard, count, places = 1) => append(sql, shard, count, places),
      published: async () => names(await allFacts(facts)),
    });
  } finally {
    facts.close();
    await link.close();
    await journal.close();
    await sql.end();
    await database.close();
  }
}

async function append(sql: Sql, shard: number, count: number, places: number): Promise<void> {
  await sql.begin(async (transaction) => {
    const [row] = await transaction<{ last_seq: string }[]>`
      UPDATE shards SET last_seq = last_seq + ${count} WHERE shard = ${shard} RETURNING last_seq`;
    const last = Number(row?.last_seq);
    const rows = Array.from({ length: count }, (_, index) => {
      const seq = last - count + 1 + index;
      const facts = Array.from({ length: places }, (_, place) => ({
        kind: "session",
        name: "session.started",
        id: "DE*ABC*E1",
        tenant: "default",
        at: Date.now(),
        data: { is: `${shard}.${seq}/${place}` },
      }));
      return { shard, seq, facts: JSON.stringify(facts) };
    });
    await transaction`
      INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision, facts)
        SELECT current_date, shard, seq, 'default', 'default:session/CP1', 'T', now(), 'x', 1, facts
        FROM json_to_recordset(${JSON.stringify(rows)}::text::json)
          AS r(shard integer, seq bigint, facts text)`;
  });
}

async function allFacts(facts: NatsFacts): Promise<readonly Fact[]> {
  const last = await facts.lastSequence();
  const seen: Fact[] = [];
  await new Promise<void>((resolve) => {
    const stop = facts.follow({ afterSequence: 0 }, {
      onFact: (fact) => {
        seen.push(fact);
        if (fact.sequence >= last) resolve();
      },
      onReset: () => assert.fail("the stream is not expected to have lost anything"),
    });
    if (last === 0) resolve();
    void stop;
  });
  return seen;
}

function names(facts: readonly Fact[]): string[] {
  return facts.map(({ data }) => String(Reflect.get(Object(data), "is")));
}

/** Each fact once, and the facts of a shard in the order of its journal. */
function assertOnceInOrder(published: readonly string[], rows: ReadonlyMap<number, number>): void {
  for (const [shard, count] of rows) {
    const ofShard = published.filter((name) => name.startsWith(`${shard}.`));
    const expected = Array.from({ length: count }, (_, index) => `${shard}.${index + 1}/0`);
    assert.deepEqual(ofShard, expected);
  }
}

function relayOf(world: World, publisher: FactPublisher = world.facts): FactRelay {
  return new FactRelay({ reader: world.journal, publisher, clock, telemetry });
}

test("facts of the journal come into the stream, each once, in order per shard", () =>
  withWorld(async (world) => {
    const relay = relayOf(world);
    await world.append(1, 3, 2);
    await world.append(2, 2);

    await relay.settle();
    await world.append(1, 1);
    relay.hint([1]);
    await relay.settle();
    await relay.stop();

    const expected = [
      "1.1/0",
      "1.1/1",
      "1.2/0",
      "1.2/1",
      "1.3/0",
      "1.3/1",
      "2.1/0",
      "2.2/0",
      "1.4/0",
    ];
    assert.deepEqual(await world.published(), expected);
    const [fact] = await allFacts(world.facts);
    assert.equal(fact?.subject, "fact.session.started.DE=2AABC=2AE1");
    assert.deepEqual([fact?.kind, fact?.name, fact?.id], ["session", "started", "DE*ABC*E1"]);
  }));

test("a hinted fact is in the stream within a few milliseconds", () =>
  withWorld(async (world) => {
    const relay = relayOf(world);
    await relay.settle();
    const waits: number[] = [];

    for (let round = 0; round < 10; round++) {
      const arrived = new Promise<void>((resolve) => {
        const stop = world.facts.follow({ afterSequence: round }, {
          onFact: () => {
            stop();
            resolve();
          },
          onReset: () => {},
        });
      });
      // deno-lint-ignore no-await-in-loop -- one round after the other.
      await world.append(1, 1);
      const hintedAt = clock.monotonic();
      relay.hint([1]);
      // deno-lint-ignore no-await-in-loop -- one round after the other.
      await arrived;
      waits.push(clock.monotonic() - hintedAt);
    }
    await relay.stop();

    const median = waits.toSorted((one, other) => one - other)[5] ?? Infinity;
    assert.ok(median < 100, `median wait ${median} ms`);
  }));

test("a relay that dies after publishing is succeeded without a fact lost or doubled", () =>
  withWorld(async (world) => {
    await world.append(1, 5);
    await world.append(2, 5);
    // Publishes a part, then neither learns the outcome nor moves a cursor: what a kill leaves
    // behind.
    let die = (): void => {};
    const hasDied = new Promise<void>((resolve) => (die = resolve));
    const first = relayOf(world, {
      publishedAfter: (sequence) => world.facts.publishedAfter(sequence),
      publish: async (facts, expectedLast) => {
        await world.facts.publish(facts.slice(0, 7), expectedLast);
        die();
        throw new Error("killed");
      },
    });
    await hasDied;
    await first.stop();

    const second = relayOf(world);
    await second.settle();
    await second.stop();

    assertOnceInOrder(await world.published(), new Map([[1, 5], [2, 5]]));
  }));

test("two relays at once do not double or reorder", () =>
  withWorld(async (world) => {
    const relays = [relayOf(world), relayOf(world)];
    const rows = new Map([[0, 0], [1, 0], [2, 0]]);

    for (let round = 0; round < 15; round++) {
      for (const [shard, count] of rows) {
        // deno-lint-ignore no-await-in-loop -- rounds of commits.
        await world.append(shard, 4);
        rows.set(shard, count + 4);
      }
      for (const relay of relays) relay.hint(rows.keys());
    }
    await Promise.all(relays.map((relay) => relay.settle()));
    await Promise.all(relays.map((relay) => relay.stop()));

    assertOnceInOrder(await world.published(), rows);
  }));

test("a killed NATS server loses and doubles no fact", async () => {
  const nats = await ownNats();
  await withWorld(async (world) => {
    const relay = relayOf(world);
    const rows = new Map([[1, 0], [2, 0]]);
    const commit = async (): Promise<void> => {
      for (const [shard, count] of rows) {
        // deno-lint-ignore no-await-in-loop -- in order.
        await world.append(shard, 40);
        rows.set(shard, count + 40);
      }
      relay.hint(rows.keys());
    };

    await commit();
    await relay.settle();
    await commit();
    const killed = nats.kill();
    await commit();
    await killed;
    await commit();
    await nats.restart();
    await relay.settle();
    await relay.stop();

    assertOnceInOrder(await world.published(), rows);
  }, nats.url);
  await nats.close();
});
