/** Three NATS servers as one cluster: what holds while its leaders die and freeze. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import postgres, { type Sql } from "postgres";
import { jetstreamManager } from "@nats-io/jetstream";
import { testPostgres } from "#start/testing.ts";
import { type ClusterServer, type NatsCluster, natsCluster } from "#start/testing_nats_cluster.ts";
import { waitUntil } from "#start/waiting.ts";
import { Membership } from "#engine/leases.ts";
import type { Fact } from "#engine/ports/facts.ts";
import { FactRelay } from "#engine/relay.ts";
import { silentTelemetry } from "#engine/telemetry.ts";
import { NatsBus } from "#engine/adapters/nats_bus.ts";
import { connectNats, type NatsLink } from "#engine/adapters/nats_connection.ts";
import { NatsFacts } from "#engine/adapters/nats_facts.ts";
import { NatsLeases } from "#engine/adapters/nats_leases.ts";
import { PostgresJournal } from "#engine/adapters/postgres_journal.ts";
import { systemClock } from "#engine/adapters/system_clock.ts";

const clock = systemClock();
const telemetry = silentTelemetry(clock);
/** An election of nats-server takes up to ten seconds on a quiet machine. */
const ELECTION_MS_MAX = 45_000;
const SHARDS = [0, 1, 2, 3];
let cluster: NatsCluster;

before(async () => {
  cluster = await natsCluster();
});
after(() => cluster.close());

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const isInTime = await waitUntil(isTrue, { timeoutMs: ELECTION_MS_MAX });
  assert.ok(isInTime, `${what}: not within ${ELECTION_MS_MAX} ms`);
}

async function leaderOf(stream: string): Promise<ClusterServer> {
  let leader: ClusterServer | undefined;
  await until(`${stream} is whole`, () => cluster.isWhole(stream));
  await until(`${stream} has a leader`, async () => {
    leader = await cluster.leaderOf(stream);
    return leader !== undefined;
  });
  assert.ok(leader);
  return leader;
}

function factsOf(link: NatsLink, id: string): Promise<NatsFacts> {
  const names = { stream: `FACTS-${id}`, prefix: `${id}.`, bytesMax: 16 * 1_024 * 1_024 };
  return NatsFacts.open({ link, clock, telemetry, ...names, replicas: 3 });
}

/** One journal row with one fact in each shard, as a commit does. */
async function commit(sql: Sql): Promise<void> {
  await sql`
    WITH taken AS (
      UPDATE shards SET last_seq = last_seq + 1 WHERE shard = ANY(${SHARDS}) RETURNING *)
    INSERT INTO journal (day, shard, seq, tenant, actor, class, at, type, revision, facts)
      SELECT current_date, shard, last_seq, 'default', 'default:session/CP1', 'T', now(), 'x', 1,
        json_build_array(json_build_object('kind', 'session', 'name', 'started', 'id', 'CP1',
          'tenant', 'default', 'at', 0, 'data', shard || '.' || last_seq))::text FROM taken`;
}

interface Relaying {
  readonly relay: FactRelay;
  /** Facts that a follower from the first on has seen. */
  readonly seen: readonly Fact[];
  readonly stream: string;
  commitOnce(): Promise<void>;
  committed(): Promise<readonly string[]>;
}

async function withRelay(run: (world: Relaying) => Promise<void>): Promise<void> {
  const database = await testPostgres();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  await sql`INSERT INTO shards (shard) SELECT unnest(${SHARDS}::integer[]) ON CONFLICT DO NOTHING`;
  const reader = new PostgresJournal({ url: database.url, name: "relay", clock });
  const links = await Promise.all(
    ["relay", "follower"].map((name) => connectNats({ url: cluster.url, name, telemetry })),
  );
  const id = randomUUID();
  const [publisher, feed] = await Promise.all(links.map((link) => factsOf(link, id)));
  assert.ok(publisher && feed);
  const relay = new FactRelay({ reader, publisher, clock, telemetry });
  const seen: Fact[] = [];
  feed.follow({ afterSequence: 0 }, {
    onFact: (fact) => void seen.push(fact),
    onReset: () => assert.fail("the stream is not expected to have lost anything"),
  });
  try {
    await run({
      relay,
      seen,
      stream: `FACTS-${id}`,
      commitOnce: async () => {
        await commit(sql);
        relay.hint(SHARDS);
      },
      committed: async () => {
        const rows = await sql<{ name: string }[]>`
          SELECT shard || '.' || seq AS name FROM journal ORDER BY shard, seq`;
        return rows.map(({ name }) => name);
      },
    });
  } finally {
    await relay.stop();
    for (const facts of [publisher, feed]) facts.close();
    await Promise.all(links.map((link) => link.close()));
    await reader.close();
    await sql.end();
    await database.close();
  }
}

test("the leader of the facts dies again and again: each fact comes once, in order per shard", () =>
  withRelay(async ({ relay, seen, stream, commitOnce, committed }) => {
    let isOver = false;
    const committing = (async (): Promise<void> => {
      while (!isOver) {
        // deno-lint-ignore no-await-in-loop -- one commit after the other, all the time
        await commitOnce();
        // deno-lint-ignore no-await-in-loop
        await new Promise<void>((resolve) => void clock.schedule(10, resolve));
      }
    })();

    for (const fault of ["kill", "freeze", "kill"] as const) {
      // deno-lint-ignore no-await-in-loop -- one leader after the other
      const leader = await leaderOf(stream);
      const count = seen.length;
      // deno-lint-ignore no-await-in-loop
      await (fault === "kill" ? leader.kill() : leader.freeze());
      // deno-lint-ignore no-await-in-loop
      await until("facts come again", () => seen.length > count + 200);
      // deno-lint-ignore no-await-in-loop
      await (fault === "kill" ? leader.restart() : leader.thaw());
    }
    isOver = true;
    await committing;
    await relay.settle();

    const expected = await committed();
    await until("all facts are seen", () => seen.length >= expected.length);
    const names = seen.map(({ data }) => String(data));
    for (const shard of SHARDS) {
      const ofShard = (name: string): boolean => name.startsWith(`${shard}.`);
      assert.deepEqual(names.filter(ofShard), expected.filter(ofShard));
    }
  }));

test("the leader of the leases dies or freezes: renewals go on, nobody alive is lost", async () => {
  const ids = ["w1", "w2", "w3"];
  const bucket = `M-${randomUUID()}`;
  const lost: string[] = [];
  const links: NatsLink[] = [];
  const members = await Promise.all(ids.map(async (id) => {
    const link = await connectNats({ url: cluster.url, name: id, telemetry });
    links.push(link);
    const store = await NatsLeases.open({ link, clock, telemetry, bucket, replicas: 3 });
    const options = { store, clock, telemetry, kind: "worker", id, incarnation: "1" };
    const member = new Membership(options);
    member.onLost("worker", ({ id: other }, reason) => void lost.push(`${id}: ${other} ${reason}`));
    await member.start();
    return member;
  }));
  const seesAll = (): boolean => members.every((member) => member.members("worker").length === 2);
  await until("all see all", seesAll);

  for (const fault of ["kill", "freeze"] as const) {
    // deno-lint-ignore no-await-in-loop -- one leader after the other
    const leader = await leaderOf(`KV_${bucket}`);
    // deno-lint-ignore no-await-in-loop
    await (fault === "kill" ? leader.kill() : leader.freeze());
    const faultAt = clock.monotonic();
    // deno-lint-ignore no-await-in-loop
    await until("leases are renewed", () => members.every(({ renewedAt }) => renewedAt > faultAt));
    // deno-lint-ignore no-await-in-loop
    await (fault === "kill" ? leader.restart() : leader.thaw());
  }

  assert.deepEqual(lost, []);
  assert.ok(seesAll());
  await members[0]?.stop();
  await until("its end is seen", () => lost.length === 2);
  // A goodbye that meets one more election comes later than the end of the lease.
  assert.match(lost.toSorted().join(), /^w2: w1 (left|expired),w3: w1 (left|expired)$/);
  await Promise.all(members.map((member) => member.stop()));
  await Promise.all(links.map((link) => link.close()));
});

test("the bus answers again within seconds when the server of a process dies or freezes", async () => {
  const link = await connectNats({ url: cluster.url, name: "one", telemetry });
  const other = await connectNats({ url: cluster.url, name: "other", telemetry });
  const subject = `bus.${randomUUID()}`;
  const asker = new NatsBus({ clock, telemetry, link });
  const listener = new NatsBus({ clock, telemetry, link: other });
  listener.listen(subject, (text) => Promise.resolve(`${text}!`));
  const answers = (): Promise<boolean> =>
    asker.ask(subject, "ping", 500).then((text) => text === "ping!", () => false);
  await until("it answers", answers);

  for (const fault of ["kill", "freeze"] as const) {
    const port = link.connection.getServer().split(":").at(-1);
    const server = cluster.servers.find((one) => String(one.port) === port);
    assert.ok(server);
    // deno-lint-ignore no-await-in-loop -- one server after the other
    await (fault === "kill" ? server.kill() : server.freeze());
    const faultAt = clock.monotonic();
    // deno-lint-ignore no-await-in-loop
    await until("it answers again", answers);
    const waitedMs = clock.monotonic() - faultAt;
    // deno-lint-ignore no-await-in-loop
    await (fault === "kill" ? server.restart() : server.thaw());
    assert.ok(waitedMs < 10_000, `${fault}: after ${waitedMs} ms`);
  }
  await Promise.all([asker.close(), listener.close()]);
  await Promise.all([link.close(), other.close()]);
});

test("a process can start while a server is down, and knows that server later", async () => {
  const [first, ...rest] = cluster.servers;
  assert.ok(first);
  await first.kill();
  const link = await connectNats({ url: cluster.url, name: "late", telemetry });
  await first.restart();
  await rest[0]?.kill();
  await rest[1]?.kill();

  await until("it is at the only server", () => {
    const isThere = link.connection.getServer().endsWith(`:${first.port}`);
    return isThere && link.isConnected();
  });

  await Promise.all(rest.map((server) => server.restart()));
  await link.close();
});

test("replicas are raised where one was kept, and a process that asks for none keeps them", async () => {
  const link = await connectNats({ url: cluster.url, name: "replicas", telemetry });
  const bucket = `M-${randomUUID()}`;
  const replicas = async (): Promise<number> => {
    const manager = await jetstreamManager(link.connection);
    return (await manager.streams.info(`KV_${bucket}`)).config.num_replicas;
  };

  await NatsLeases.open({ link, clock, telemetry, bucket });
  const before = await replicas();
  await NatsLeases.open({ link, clock, telemetry, bucket, replicas: 3 });
  const raised = await replicas();
  await NatsLeases.open({ link, clock, telemetry, bucket });

  assert.deepEqual([before, raised, await replicas()], [1, 3, 3]);
  await link.close();
});
