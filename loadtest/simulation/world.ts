/** The whole platform in one process, on simulated servers and in virtual time. */
import { commandOver } from "#actors/charger/views.ts";
import { setImmediate } from "node:timers";
import { kinds } from "#actors/kinds.ts";
import type { ActorKind } from "#engine/actor.ts";
import { SimBusWire } from "#engine/sim/sim_bus.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimFactStream } from "#engine/sim/sim_facts.ts";
import { SimJournal } from "#engine/sim/sim_journal.ts";
import { SimLeaseMap } from "#engine/sim/sim_leases.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { SimStore } from "#engine/sim/sim_store.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import { POISON } from "./bad_frames.ts";
import { EdgeChecker } from "./checkers/edge_checker.ts";
import { FactsChecker } from "./checkers/facts_checker.ts";
import { JournalChecker } from "./checkers/journal_checker.ts";
import { ReplayChecker } from "./checkers/replay_checker.ts";
import { Breach, type CheckerName } from "./checkers/verdict.ts";
import { Operators } from "./operators.ts";
import type { Plan } from "./plan.ts";
import { Processes } from "./processes.ts";
import type { Sabotage } from "./sabotage.ts";
import { SimTables } from "./sim_sql.ts";
import { SimStation } from "./sim_station.ts";
import { SimTelemetry } from "./sim_telemetry.ts";
import { Weather } from "./weather.ts";

export class World {
  readonly plan: Plan;
  readonly sabotage: Sabotage;
  readonly clock = new SimClock();
  readonly random: SimRandom;
  readonly telemetry = new SimTelemetry(() => this.clock.monotonic());
  readonly store: SimStore;
  readonly tables: SimTables;
  readonly journal: SimJournal;
  readonly stream = new SimFactStream();
  readonly leases = new SimLeaseMap();
  readonly wire: SimBusWire;
  readonly tokens = new Map<string, TokenRecord>();
  readonly kinds: readonly ActorKind[];
  readonly journalChecker: JournalChecker;
  readonly replayChecker: ReplayChecker;
  readonly factsChecker: FactsChecker;
  readonly edgeChecker: EdgeChecker;
  readonly processes: Processes;
  readonly weather: Weather;
  readonly stations: readonly SimStation[];
  readonly operators: Operators;
  /** Nobody reaches the leases. */
  areLeasesAway = false;
  steps = 0;
  breach: Breach | undefined;

  constructor(plan: Plan, sabotage: Sabotage = {}) {
    const random = new SimRandom(plan.seed);
    this.plan = plan;
    this.sabotage = sabotage;
    this.random = random;
    this.store = new SimStore(plan.shards);
    this.store.updates = { commands: commandOver };
    this.tables = new SimTables(
      this.store,
      plan.shards,
      (statement) => this.fail("simulation", `unknown statement: ${statement}`),
    );
    this.journal = new SimJournal(this.store, plan.shards);
    this.kinds = sabotage.kinds?.(kinds) ?? kinds;
    const { clock, telemetry, store } = this;
    this.wire = new SimBusWire({ clock, telemetry, random: random.fork() });
    const tell = (checker: CheckerName, detail: string): void => this.fail(checker, detail);
    this.journalChecker = new JournalChecker({ store, tokens: this.tokens, tell });
    this.replayChecker = new ReplayChecker(this.kinds, plan.seed, tell);
    this.factsChecker = new FactsChecker(tell);
    const journal = this.journalChecker;
    const shardCount = plan.shards;
    this.edgeChecker = new EdgeChecker({ clock, store, shardCount, journal, tell });
    store.onCommit = (batch) => {
      this.journalChecker.check(batch);
      this.replayChecker.check(batch.rows);
      this.factsChecker.committed(batch.rows);
    };
    store.refuses = ({ body }) => body?.includes(POISON) === true;
    store.onDeadLetter = ({ type, actor, body, reason }) => {
      if (body.includes(POISON)) return;
      this.fail("aside", `${type} for ${actor} was set aside: ${reason}, ${body}`);
    };
    store.onTake = (shard) => this.edgeChecker.taken(shard);
    this.stream.onAppend = (message) => this.factsChecker.appended(message);
    this.processes = new Processes(this);
    this.stations = Array.from({ length: plan.stations }, (_, index) => this.#station(index));
    this.operators = this.#operators();
    this.weather = new Weather(this);
    sabotage.world?.(this);
  }

  /** The first finding counts; the run ends with the step in which it was made. */
  fail(checker: CheckerName, detail: string): void {
    this.breach ??= new Breach(checker, detail, this.steps);
  }

  /** Rings the next alarm and lets everything run that can run then. */
  async step(): Promise<void> {
    if (!this.clock.ringNext()) this.fail("simulation", "nothing is left to happen");
    await new Promise<void>((resolve) => void setImmediate(resolve));
    this.steps++;
    if (this.breach !== undefined) throw this.breach;
  }

  /** No fault any more; what is broken is made good, and stations only end what they began. */
  heal(): void {
    this.weather.end();
    this.processes.heal();
    for (const station of this.stations) station.finish();
    this.operators.finish();
  }

  #station(index: number): SimStation {
    const uid = `TAG${index % 4}`;
    this.tokens.set(uid.toLowerCase(), {
      ...{ uid, type: "ISO14443", groupId: null, expiresAt: null },
      status: index % 4 === 3 ? "Blocked" : "Accepted",
      concurrentSessions: (index + 1) % 4 % 3,
    });
    const random = this.random.fork();
    return new SimStation({
      identity: `SIM*${index}`,
      uid,
      protocol: random.chance(0.5) ? "ocpp1.6" : "ocpp2.0.1",
      clock: this.clock,
      random,
      witness: this.edgeChecker,
      connect: ({ identity, protocol }, answer) =>
        this.processes.connect({ identity, protocol }, answer),
      paceMs: this.plan.paceMs,
    });
  }

  #operators(): Operators {
    const { clock, store, tokens, stations } = this;
    return new Operators({
      ...{ clock, store },
      random: this.random.fork(),
      stations: stations.map(({ identity }) => identity),
      uids: [...tokens.values()].map(({ uid }) => uid),
      paceMs: this.plan.operatorPaceMs,
      api: () => this.processes.api(),
      answered: ({ path, key }, answer) => {
        if ("refused" in answer || answer.status !== 202) return;
        const { id } = answer.body as { id: string };
        if (this.journalChecker.isRequested(id)) return;
        this.fail("answered", `${path} ${key} was answered and ${id} is not journalled`);
      },
    });
  }
}
