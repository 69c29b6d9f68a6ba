import type { ActorKind } from "#engine/actor.ts";
import type { Ownership } from "#engine/host.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Store } from "#engine/ports/store.ts";
import type { CallFault } from "./process_link.ts";
import type { SimProcess } from "./sim_process.ts";
import type { SimSocket } from "./sim_socket.ts";
import type { GatewayLimits } from "#gateway/limits.ts";
import type { World } from "./world.ts";

/** A bug planted into the cluster, to see that a checker finds it. All parts are optional. */
export interface Sabotage {
  readonly kinds?: (kinds: readonly ActorKind[]) => readonly ActorKind[];
  /** The store as workers see it. */
  readonly store?: (store: Store, world: World) => Store;
  /** The way to actors as gateways see it. */
  readonly actors?: (actors: Actors, world: World) => Actors;
  readonly ownership?: (ownership: Ownership) => Ownership;
  readonly limits?: Partial<GatewayLimits>;
  /** What becomes of the next call of any process to a server; undefined: as the plan has it. */
  readonly decide?: () => CallFault | undefined;
  /** A process that is about to start. */
  readonly process?: (process: SimProcess) => void;
  /** A socket that a station has just got. */
  readonly socket?: (socket: SimSocket, identity: string) => void;
  readonly world?: (world: World) => void;
}
