/** One worker process, composed as in `actors/main.ts`, without what only feeds tables. */
import { watchGateways } from "#actors/adapters/gateway_watch.ts";
import { inputProviders } from "#actors/adapters/input_providers.ts";
import type { ActorKind } from "#engine/actor.ts";
import { Host, type Ownership } from "#engine/host.ts";
import { Membership } from "#engine/leases.ts";
import { OwnershipProof } from "#engine/ownership.ts";
import { ownerText, Placement } from "#engine/placement.ts";
import type { Actors } from "#engine/ports/actors.ts";
import { FactRelay } from "#engine/relay.ts";
import type { TokenRecord } from "#schemas/events/token.ts";
import type { ProcessPorts } from "./process_ports.ts";
import { simSql, type SimTables } from "./sim_sql.ts";

const RELAY = "relay";
const DRAIN_MS = 15_000;

export interface WorkerParts {
  readonly ports: ProcessPorts;
  readonly name: string;
  readonly actors: Actors;
  readonly kinds: readonly ActorKind[];
  readonly tables: SimTables;
  readonly tokens: ReadonlyMap<string, TokenRecord>;
  /** Puts something else in the place of the ownership proof. */
  readonly ownership?: ((real: Ownership) => Ownership) | undefined;
}

export class SimWorker {
  readonly name: string;
  readonly ports: ProcessPorts;
  readonly host: Host;
  readonly membership: Membership;
  readonly placement: Placement;
  readonly #parts: WorkerParts;
  readonly #relay: FactRelay;
  readonly #ownership: OwnershipProof;
  readonly #takers = new Set<(shards: readonly number[]) => void>();
  #isClosing = false;

  constructor(parts: WorkerParts) {
    const { ports, name, actors, kinds, tables, tokens } = parts;
    const { clock, telemetry, store, bus, leases, random } = ports;
    this.#parts = parts;
    this.name = name;
    this.ports = ports;
    const newIncarnation = (): string => random.uuid().slice(0, 13);
    const identity = { kind: "worker", id: name, incarnation: newIncarnation() };
    const membership = new Membership({ store: leases, clock, telemetry, ...identity });
    this.membership = membership;
    const stillOwns = (): Promise<boolean> => store.stillOwns(this.host.custody.held);
    this.#ownership = new OwnershipProof({ membership, clock, telemetry, stillOwns });
    this.host = new Host({
      ...{ kinds, store, bus, actors, clock, telemetry },
      owner: () => ownerText({ id: name, incarnation: membership.incarnation }),
      ownership: parts.ownership?.(this.#ownership) ?? this.#ownership,
      inputs: inputProviders({
        sql: simSql(tables, ports.sqlLink),
        actors,
        tokens: { find: (_tenant, uid) => tokens.get(uid.toLowerCase()) },
        clock,
        autoRegister: true,
        offlineAlertMinutes: 5,
      }),
      onCommitted: ({ withFacts }) => this.#hint(withFacts),
    });
    this.placement = new Placement({
      ...{ membership, id: name, store, custody: this.host.custody, bus, clock, telemetry },
      newIncarnation,
      onTaken: (shards) => this.#takers.forEach((take) => take(shards)),
      onReplaced: () => ports.process.kill(),
    });
    this.#relay = new FactRelay({
      ...{ reader: ports.journal, publisher: ports.publisher, clock, telemetry },
      isOurs: () => this.placement.leads(RELAY),
    });
  }

  /** Rejects when a server it needs cannot be reached: a supervisor starts it again. */
  async start(): Promise<void> {
    const { clock, telemetry, bus, sqlLink } = this.ports;
    const { actors, tables } = this.#parts;
    const { membership, host } = this;
    await membership.start();
    this.#ownership.start();
    await host.start();
    await this.placement.start();
    bus.listen(relaySubject(this.name), (text) => {
      this.#relay.hint(JSON.parse(text) as readonly number[]);
      return undefined;
    });
    const sql = simSql(tables, sqlLink);
    watchGateways({
      ...{ id: this.name, sql, bus, actors, membership, clock, telemetry },
      holds: (address) => host.custody.holdsActor(address),
      onShardsTaken: (take) => {
        this.#takers.add(take);
        return () => this.#takers.delete(take);
      },
    });
  }

  /** SIGTERM: hands its shards over and says goodbye. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    await this.placement.drain(DRAIN_MS);
    await this.placement.stop();
    await this.host.stop();
    this.#ownership.stop();
    await Promise.all([this.membership.stop(), this.#relay.stop()]);
    this.ports.process.kill();
  }

  #hint(withFacts: ReadonlySet<number>): void {
    if (withFacts.size === 0) return;
    const leader = this.placement.leaderOf(RELAY);
    if (leader === this.name) this.#relay.hint(withFacts);
    else if (leader !== undefined) {
      this.ports.bus.tell(relaySubject(leader), JSON.stringify([...withFacts]));
    }
  }
}

function relaySubject(worker: string): string {
  return `relay.${worker}`;
}
