/** What a CALL costs in the gateway besides its socket: for `task bench`. */
import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
import type { WebSocket } from "ws";
import type { Bus } from "#engine/ports/bus.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { Clock } from "#engine/ports/clock.ts";
import type { Random } from "#engine/ports/random.ts";
import type { Telemetry } from "#engine/telemetry.ts";
import { Connection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { Counts } from "./counts.ts";
import { FrameLog } from "./frame_log.ts";
import { LateCalls } from "./late_calls.ts";
import { gatewayLimits } from "./limits.ts";
import { Reports } from "./reports.ts";
import { RivalWaits } from "./rival_waits.ts";
import { StoreState } from "./store_state.ts";

export interface BenchParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: Bus;
  readonly telemetry: Telemetry;
}

export interface BenchCall {
  /** The CALL as the station sends it. */
  readonly frame: string;
  /** What its actor answers. */
  readonly response: string;
  readonly journalled: boolean;
}

/** A socket that takes and gives frames at no cost. */
class FreeSocket extends EventEmitter {
  readonly readyState = 1;
  readonly bufferedAmount = 0;
  sent = 0;
  send(): void {
    this.sent++;
  }
  pause(): void {}
  resume(): void {}
}

/**
 * Passes `count` CALLs of an OCPP 1.6 station, one after the other, through frame, schema, actor (a
 * table) and answer. Resolves with microseconds per CALL.
 */
export async function callCost(
  parts: BenchParts,
  call: BenchCall,
  count: number,
): Promise<number> {
  const socket = new FreeSocket();
  const context = benchContext(parts, call);
  const connection = new Connection(
    context,
    { busy: () => {}, closed: () => {} },
    {
      identity: "BENCH",
      address: { tenant: "default", kind: "charger", key: "BENCH" },
      protocol: "ocpp1.6",
      remoteAddress: "127.0.0.1",
    },
    socket as unknown as WebSocket,
  );
  connection.grant("1.1");
  const bytes = Buffer.from(call.frame);
  const startedAt = parts.clock.monotonic();
  for (let sent = 0; sent < count; sent++) {
    socket.emit("message", bytes, false);
    // deno-lint-ignore no-await-in-loop -- one after the other is what a station does
    while (socket.sent <= sent) await undefined;
  }
  return (parts.clock.monotonic() - startedAt) * 1_000 / count;
}

function benchContext(parts: BenchParts, call: BenchCall): GatewayContext {
  const { clock, random, bus, telemetry } = parts;
  const unbounded = { burst: Number.MAX_SAFE_INTEGER, perSecond: 1 };
  const limits = { ...gatewayLimits, messages: unbounded };
  const counts = new Counts(telemetry, clock);
  const answer = Promise.resolve({ text: call.response, journalled: call.journalled });
  const actors: Actors = { ask: () => answer };
  return {
    id: "bench",
    serverKey: new Uint8Array(32),
    tenant: "default",
    actors,
    clock,
    random,
    limits,
    counts,
    frameLog: new FrameLog(bus, limits, counts),
    reports: new Reports(actors, limits, counts),
    lateCalls: new LateCalls(clock, limits),
    store: new StoreState(clock, limits),
    rivals: new RivalWaits(clock, limits),
  };
}
