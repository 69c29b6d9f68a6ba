import assert from "node:assert/strict";
import { test } from "node:test";
import { LEASE_MS, type Member, Membership } from "./leases.ts";
import { OwnershipProof } from "./ownership.ts";
import { SimClock } from "./sim/sim_clock.ts";
import { SimLeaseMap, SimLeases } from "./sim/sim_leases.ts";
import { silentTelemetry } from "./telemetry.ts";

const NEVER = -Infinity;

interface End {
  readonly leases: SimLeases;
  readonly membership: Membership;
  /** `<id> <reason>` of each loss, `+<id>` of each join. */
  readonly seen: string[];
}

class World {
  readonly clock = new SimClock();
  readonly map = new SimLeaseMap();

  async join(kind: string, id: string, incarnation = "1"): Promise<End> {
    const leases = new SimLeases(this.map);
    const telemetry = silentTelemetry(this.clock);
    const membership = new Membership({
      store: leases,
      clock: this.clock,
      telemetry,
      kind,
      id,
      incarnation,
    });
    const seen: string[] = [];
    const note = (member: Member, reason: string): void => void seen.push(`${member.id} ${reason}`);
    for (const other of ["worker", "gateway"]) {
      membership.onLost(other, note);
      membership.onJoined(other, (member) => void seen.push(`+${member.id}`));
    }
    await membership.start();
    return { leases, membership, seen };
  }

  /** Time passes in small steps, so that what is awaited gets its turn. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(Math.min(100, left));
      // deno-lint-ignore no-await-in-loop -- lets promises settle between the steps.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  }
}

test("a gateway that stops renewing is lost once, after its lease and not before", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  const gateway = await world.join("gateway", "g1");
  await world.pass(10_000);
  assert.deepEqual(worker.seen, ["+g1"]);

  gateway.leases.isCut = true;
  await world.pass(LEASE_MS - 1_000);
  assert.deepEqual(worker.seen, ["+g1"]);
  await world.pass(2_500);
  assert.deepEqual(worker.seen, ["+g1", "g1 expired"]);
  await world.pass(20_000);
  assert.deepEqual(worker.seen, ["+g1", "g1 expired"]);
  assert.deepEqual(worker.membership.members("gateway"), []);

  gateway.leases.isCut = false;
  await world.pass(1_500);
  assert.deepEqual(worker.seen, ["+g1", "g1 expired", "+g1"]);
});

test("nobody is lost while the observer cannot reach the map, nor right after", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  const gateway = await world.join("gateway", "g1");

  worker.leases.isCut = true;
  gateway.leases.isCut = true;
  await world.pass(60_000);
  worker.leases.isCut = false;
  gateway.leases.isCut = false;
  await world.pass(10_000);

  assert.deepEqual(worker.seen, ["+g1"]);
});

test("a member that leaves, or comes back as another life, is lost at once", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  const gateway = await world.join("gateway", "g1", "1");
  await world.join("gateway", "g1", "2").catch(() => {});

  assert.deepEqual(worker.seen, ["+g1", "g1 replaced", "+g1"]);
  assert.equal(gateway.membership.isDeposed, true);

  const other = await world.join("gateway", "g2");
  await other.membership.stop();
  assert.deepEqual(worker.seen.slice(3), ["+g2", "g2 left"]);
});

test("a renewal whose answer was lost does not end the lease", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");

  worker.leases.losesNextOutcome = true;
  await world.pass(5_000);

  assert.equal(worker.membership.isDeposed, false);
  assert.ok(world.clock.monotonic() - worker.membership.renewedAt <= 1_000);
});

test("a map that was lost is filled again by those who live", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");

  world.map.entries.clear();
  await world.pass(3_000);

  assert.equal(worker.membership.isDeposed, false);
  assert.ok(world.map.entries.has("worker.w1"));
});

test("nobody is lost because the map begins again: its revisions are small then", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  const gateway = await world.join("gateway", "g1");
  await world.pass(20_000);

  world.map.entries.clear();
  world.map.revision = 0;
  await world.pass(15_000);
  assert.deepEqual(worker.seen, ["+g1"]);

  gateway.leases.isCut = true;
  await world.pass(LEASE_MS + 1_500);
  assert.deepEqual(worker.seen, ["+g1", "g1 expired"]);
});

test("a lease that several end is over for all, and its holder knows when it wakes", async () => {
  const world = new World();
  const [one, other, frozen] = await Promise.all(
    ["w1", "w2", "w3"].map((id) => world.join("worker", id)),
  );
  assert.ok(one && other && frozen);
  const life = { kind: "worker", id: "w3", incarnation: "1" };
  assert.equal(await one.membership.endLease(life), false, "it lives");
  frozen.leases.isCut = true;
  await world.pass(5_000);
  assert.ok(one.seen.includes("w3 expired") && other.seen.includes("w3 expired"));
  const reasons: string[] = [];
  frozen.membership.onDeposed((reason) => reasons.push(reason));

  assert.equal(await one.membership.endLease(life), true);
  assert.equal(await other.membership.endLease(life), true);
  frozen.leases.isCut = false;
  await world.pass(2_000);

  assert.deepEqual(reasons, ["expired"]);
  await frozen.membership.rejoin("2");
  await world.pass(1_000);
  assert.equal(frozen.membership.isDeposed, false);
  assert.deepEqual(one.membership.members("worker").map(({ incarnation }) => incarnation), [
    "1",
    "2",
  ]);
});

test("a lease that was renewed after it had expired is not ended", async () => {
  const world = new World();
  const one = await world.join("worker", "w1");
  const frozen = await world.join("worker", "w2");
  frozen.leases.isCut = true;
  await world.pass(5_000);
  one.leases.isCut = true;
  frozen.leases.isCut = false;
  await world.pass(1_500);
  one.leases.isCut = false;

  const life = { kind: "worker", id: "w2", incarnation: "1" };
  assert.equal(await one.membership.endLease(life), false);
  await world.pass(2_000);
  assert.equal(frozen.membership.isDeposed, false);
});

test("a missing lease has ended only when the living had time to write theirs", async () => {
  const world = new World();
  const one = await world.join("worker", "w1");
  const life = { kind: "worker", id: "w2", incarnation: "1" };

  assert.equal(await one.membership.endLease(life), false);
  await world.pass(LEASE_MS + 1_500);
  assert.equal(await one.membership.endLease(life), true);
});

test("a member that drains is told to the others at once", async () => {
  const world = new World();
  const one = await world.join("worker", "w1");
  const other = await world.join("worker", "w2");
  let changes = 0;
  one.membership.onChanged("worker", () => changes++);

  await other.membership.announceDraining();

  assert.equal(changes, 1);
  assert.equal(one.membership.members("worker")[0]?.isDraining, true);
});

test("answers from memory need a proof younger than the lease", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  let reads = 0;
  let stillOwns = (): Promise<boolean> => Promise.resolve(true);
  const proof = new OwnershipProof({
    membership: worker.membership,
    clock: world.clock,
    telemetry: silentTelemetry(world.clock),
    stillOwns: () => {
      reads++;
      return stillOwns();
    },
  });
  proof.start();

  await world.pass(10_000);
  assert.equal(proof.mayAnswer(NEVER), true);
  assert.equal(reads, 0);

  worker.leases.isCut = true;
  await world.pass(10_000);
  assert.equal(proof.mayAnswer(NEVER), true, "NATS away, Postgres there: go on");

  stillOwns = () => Promise.reject(new Error("Postgres is away, too"));
  await world.pass(LEASE_MS + 500);
  assert.equal(proof.mayAnswer(NEVER), false);
  const committedAt = world.clock.monotonic() - 2_900;
  assert.equal(proof.mayAnswer(committedAt), true);
  await world.pass(200);
  assert.equal(proof.mayAnswer(committedAt), false);

  stillOwns = () => Promise.resolve(false);
  await world.pass(5_000);
  assert.equal(proof.mayAnswer(NEVER), false, "the epochs are another's");
  proof.stop();
});

test("a process that slept beyond its lease may not answer before it has a new proof", async () => {
  const world = new World();
  const worker = await world.join("worker", "w1");
  const proof = new OwnershipProof({
    membership: worker.membership,
    clock: world.clock,
    telemetry: silentTelemetry(world.clock),
    stillOwns: () => Promise.resolve(true),
  });
  await world.pass(1_000);

  world.clock.advance(60_000);
  assert.equal(proof.mayAnswer(NEVER), false);

  await world.pass(2_000);
  assert.equal(proof.mayAnswer(NEVER), true);
});
