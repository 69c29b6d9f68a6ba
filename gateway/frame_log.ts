import type { LoggedFrame } from "#schemas/events/gateway.ts";
import type { Bus } from "#engine/ports/bus.ts";
import type { Counts } from "./counts.ts";
import type { GatewayLimits } from "./limits.ts";
import { storable } from "./payload_guard.ts";

/** Longer payloads of frames without a journal row are cut: they are there to be looked at. */
const PAYLOAD_MAX = 4_000;
const NAME_MAX = 128;

/**
 * JSON may need six bytes for a character: what leaves at once stays below the 1 MiB of a bus
 * message.
 */
const FLUSH_CHARACTERS_MAX = 128 * 1024;

/** Names, keys and punctuation of one frame. */
const FRAME_CHARACTERS = 200;

export const frameLogSubject = "log.frames";

/**
 * Frames without a journal row on their way to the OCPP log: a ring that loses its oldest when they
 * come faster than they are written. A log must not slow what it logs.
 */
export class FrameLog {
  readonly #bus: Bus;
  readonly #limits: GatewayLimits;
  readonly #counts: Counts;
  readonly #ring: (LoggedFrame | undefined)[] = [];
  #oldest = 0;
  #size = 0;

  constructor(bus: Bus, limits: GatewayLimits, counts: Counts) {
    this.#bus = bus;
    this.#limits = limits;
    this.#counts = counts;
  }

  get size(): number {
    return this.#size;
  }

  add(frame: LoggedFrame): void {
    const room = this.#limits.frameLogMax;
    if (this.#size === room) {
      this.#oldest = (this.#oldest + 1) % room;
      this.#counts.lostLogFrames.add();
    } else {
      this.#size++;
    }
    this.#ring[(this.#oldest + this.#size - 1) % room] = frame;
  }

  /** Sends the oldest frames, a bounded part of them; keeps them while the bus is down. */
  flush(): void {
    if (this.#size === 0 || !this.#bus.isConnected()) return;
    const batch: LoggedFrame[] = [];
    let characters = 0;
    while (batch.length < this.#limits.frameLogFlushMax && characters < FLUSH_CHARACTERS_MAX) {
      const frame = this.#take();
      if (frame === undefined) break;
      const stored = storableFrame(frame);
      batch.push(stored);
      characters += FRAME_CHARACTERS + (stored.payload?.length ?? 0);
    }
    this.#bus.tell(frameLogSubject, JSON.stringify(batch));
  }

  #take(): LoggedFrame | undefined {
    if (this.#size === 0) return undefined;
    const frame = this.#ring[this.#oldest];
    this.#ring[this.#oldest] = undefined;
    this.#oldest = (this.#oldest + 1) % this.#limits.frameLogMax;
    this.#size--;
    return frame;
  }
}

/** Cut and cleaned only when written: most frames of a flood never are. */
function storableFrame(frame: LoggedFrame): LoggedFrame {
  return {
    ...frame,
    action: frame.action === null ? null : storable(frame.action, NAME_MAX),
    messageId: frame.messageId === null ? null : storable(frame.messageId, NAME_MAX),
    payload: frame.payload === null ? null : storable(frame.payload, PAYLOAD_MAX),
  };
}
