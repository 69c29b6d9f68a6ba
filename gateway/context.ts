import type { Address } from "#schemas/address.ts";
import type { LoggedFrame, OcppProtocol } from "#schemas/events/gateway.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Tracer } from "#engine/tracing.ts";
import type { Counts } from "./counts.ts";
import type { FrameLog } from "./frame_log.ts";
import type { LateCalls } from "./late_calls.ts";
import type { GatewayLimits } from "./limits.ts";
import type { Reports } from "./reports.ts";
import type { RivalWaits } from "./rival_waits.ts";
import type { StoreState } from "./store_state.ts";

/** What all sockets of a gateway share. */
export interface GatewayContext {
  /** Orders for this gateway arrive on `gateway.<id>`. */
  readonly id: string;
  readonly tenant: string;
  /** Opens the secrets of CALLs that are on their way to a station. */
  readonly serverKey: Uint8Array;
  readonly actors: Actors;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: GatewayLimits;
  readonly counts: Counts;
  readonly frameLog: FrameLog;
  readonly reports: Reports;
  readonly lateCalls: LateCalls;
  readonly store: StoreState;
  readonly rivals: RivalWaits;
  /** Undefined: nothing is traced. */
  readonly tracer?: Tracer | undefined;
}

/** A station's socket as its two lanes see it. */
export interface Line {
  readonly identity: string;
  readonly address: Address;
  readonly protocol: OcppProtocol;
  /** The newest granted; empty before the first. */
  readonly epoch: string;
  /** False when the socket no longer takes frames. */
  write(text: string): boolean;
}

/** Puts a frame that has no journal row on its way to the OCPP log. */
export function logFrame(
  context: GatewayContext,
  line: Line,
  frame: Omit<LoggedFrame, "tenant" | "stationId" | "at">,
): void {
  context.frameLog.add({
    tenant: context.tenant,
    stationId: line.identity,
    at: context.clock.now(),
    ...frame,
  });
}
