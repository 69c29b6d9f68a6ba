/** The processes of the platform and the supervisor that starts them again. */
import { actorsOverBus } from "#engine/actor_client.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { SimFactPublisher } from "#engine/sim/sim_facts.ts";
import { SimLeases } from "#engine/sim/sim_leases.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import { ProcessBus } from "./process_bus.ts";
import { ProcessLeases } from "./process_leases.ts";
import { type LinkFaults, ProcessLink, soundLink } from "./process_link.ts";
import type { ProcessPorts } from "./process_ports.ts";
import { ProcessJournal, ProcessStore } from "./process_store.ts";
import { type Accepted, type Caller, SimGateway } from "./sim_gateway.ts";
import { SimApi } from "./sim_operator.ts";
import { SimProcess } from "./sim_process.ts";
import type { SimSocket } from "./sim_socket.ts";
import { SimWorker } from "./sim_worker.ts";
import type { World } from "./world.ts";

/** As `postgres_store.ts` waits for an answer. */
const STORE_SILENCE_MS = 2_500;
/** As the leases' adapter waits. */
const LEASES_SILENCE_MS = 2_000;
const JOURNAL_SILENCE_MS = 15_000;
const RESTART_MS_MAX = 5_000;
const LATENCY_MS = 5;
/** A station gives up a handshake after so long. */
const HANDSHAKE_MS = 10_000;

export type Running = SimWorker | SimGateway | SimApi;

export class Processes {
  readonly #world: World;
  readonly #random: SimRandom;
  readonly #workers = new Map<string, SimWorker>();
  readonly #gateways = new Map<string, SimGateway>();
  readonly #apis = new Map<string, SimApi>();
  #lives = 0;
  #linkFaults: LinkFaults;

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork();
    this.#linkFaults = world.plan.link;
    world.wire.faults = world.plan.bus;
    const { workers, gateways } = world.plan;
    for (let n = 1; n <= workers; n++) this.#startWorker(`w${n}`);
    for (let n = 1; n <= gateways; n++) this.#startGateway(`g${n}`);
    this.#startApi("a1");
  }

  get workers(): readonly SimWorker[] {
    return [...this.#workers.values()];
  }

  get gateways(): readonly SimGateway[] {
    return [...this.#gateways.values()];
  }

  /** Everything that runs, in an order that a seed repeats. */
  get all(): readonly Running[] {
    return [...this.#workers.values(), ...this.#gateways.values(), ...this.#apis.values()];
  }

  api(): SimApi | undefined {
    return [...this.#apis.values()].find(({ ports }) => !ports.process.isDead);
  }

  heal(): void {
    this.#world.wire.faults = { dropped: 0, doubled: 0, late: 0, lateMsMax: 0 };
    this.#linkFaults = soundLink;
    for (const { ports } of this.all) {
      ports.process.killAtCall(Infinity);
      ports.process.jumpWall(0);
      ports.process.wake();
      ports.busEnd.isReachable = true;
      ports.leasesEnd.isCut = false;
    }
  }

  /** A station looks for a gateway behind the load balancer. */
  connect(caller: Caller, answer: Accepted): void {
    const { clock } = this.#world;
    let isAnswered = false;
    const once = (socket: SimSocket | undefined): void => {
      if (isAnswered) return socket?.vanish();
      isAnswered = true;
      cancel();
      answer(socket);
    };
    const cancel = clock.schedule(HANDSHAKE_MS, () => once(undefined));
    clock.schedule(LATENCY_MS, () => {
      const open = this.gateways.filter(({ ports }) => !ports.process.isDead);
      const gateway = open[this.#random.integer(Math.max(1, open.length))];
      if (gateway === undefined) return void clock.schedule(1_000, () => once(undefined));
      gateway.ports.process.enter(() =>
        void gateway.accept(caller, (socket) => {
          if (socket !== undefined) this.#watch(socket, caller.identity);
          clock.schedule(LATENCY_MS, () => once(socket));
        })
      );
    });
  }

  #watch(socket: SimSocket, identity: string): void {
    socket.gatewayEnd.onSend = this.#world.edgeChecker.socketWitness(identity);
    this.#world.sabotage.socket?.(socket, identity);
  }

  #startWorker(name: string): void {
    const ports = this.#ports(name);
    const { kinds, tables, tokens, sabotage: { ownership } } = this.#world;
    const worker = new SimWorker({
      ...{ ports, name, kinds, tables, tokens, ownership },
      actors: this.#actors(ports),
    });
    this.#workers.set(name, worker);
    this.#supervise(worker, () => this.#startWorker(name));
    this.#begin(worker);
  }

  #startGateway(slot: string): void {
    const ports = this.#ports(slot);
    const { sabotage } = this.#world;
    const real = this.#actors(ports);
    const actors = sabotage.actors?.(real, this.#world) ?? real;
    const id = `${slot}-${++this.#lives}`;
    const { limits = {} } = sabotage;
    const gateway = new SimGateway({ ports, id, actors, limits });
    this.#gateways.set(slot, gateway);
    this.#supervise(gateway, () => this.#startGateway(slot));
    this.#begin(gateway);
  }

  #startApi(slot: string): void {
    const ports = this.#ports(slot);
    const api = new SimApi(ports, this.#actors(ports), this.#world.tables);
    this.#apis.set(slot, api);
    this.#supervise(api, () => this.#startApi(slot));
  }

  #begin(started: SimWorker | SimGateway): void {
    const { process, telemetry } = started.ports;
    void started.start().catch((error: unknown) => {
      telemetry.log("warn", "cannot start", { process: process.name, error });
      process.kill();
    });
  }

  #supervise({ ports }: Running, again: () => void): void {
    const { wire, clock } = this.#world;
    ports.process.onDeath(() => {
      this.#world.telemetry.note("died", { process: ports.process.name });
      wire.cut(ports.busEnd);
      ports.leasesEnd.isCut = true;
      clock.schedule(this.#random.fraction() * RESTART_MS_MAX, again);
    });
  }

  #actors({ bus, clock }: ProcessPorts): Actors {
    return actorsOverBus(bus, this.#world.plan.shards, clock);
  }

  #ports(name: string): ProcessPorts {
    const world = this.#world;
    const { clock, wire, telemetry } = world;
    const process = new SimProcess(`${name}/${++this.#lives}`, clock);
    world.sabotage.process?.(process);
    const random = this.#random.fork();
    const busEnd = wire.end();
    const leasesEnd = new SimLeases(world.leases);
    const link = (silenceMs: number, isReachable: () => boolean): ProcessLink =>
      new ProcessLink({
        ...{ process, clock, random: random.fork(), silenceMs, isReachable },
        faults: () => this.#linkFaults,
        decide: world.sabotage.decide,
      });
    const isStoreThere = (): boolean => !world.store.isAway;
    const { journalChecker } = world;
    const store = new ProcessStore(world.store, link(STORE_SILENCE_MS, isStoreThere), {
      sends: (batchId) => journalChecker.sends(process.name, batchId),
      takes: (shard) => journalChecker.takes(process.name, shard),
    });
    const leasesLink = link(
      LEASES_SILENCE_MS,
      () => !world.areLeasesAway && busEnd.isReachable,
    );
    return {
      ...{ process, clock: process.clock, realClock: clock, random, telemetry, busEnd, leasesEnd },
      bus: new ProcessBus(process, busEnd, world.edgeChecker),
      leases: new ProcessLeases(process, clock, leasesEnd, leasesLink),
      store: world.sabotage.store?.(store, world) ?? store,
      sqlLink: link(STORE_SILENCE_MS, isStoreThere),
      journal: new ProcessJournal(world.journal, link(JOURNAL_SILENCE_MS, isStoreThere)),
      publisher: new SimFactPublisher(world.stream, process.clock, (arrive) => {
        if (process.mayLeave()) wire.carry(() => process.isDead || arrive());
      }),
    };
  }
}
