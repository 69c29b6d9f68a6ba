/** What operators ask for, at random moments, and how they insist. */
import type { Clock } from "#engine/ports/clock.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { SimStore } from "#engine/sim/sim_store.ts";
import type { OperatorAnswer, OperatorRequest, SimApi } from "./sim_operator.ts";

/** As a client waits for its answer before it asks again. */
const PATIENCE_MS = 70_000;
const AGAIN_MS = 2_000;
const TRIES_MAX = 4;
const RESERVED_UNTIL = "2100-01-01T00:00:00Z";

export interface OperatorsParts {
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly store: SimStore;
  readonly stations: readonly string[];
  readonly uids: readonly string[];
  readonly paceMs: number;
  /** One that runs now, if any does. */
  readonly api: () => SimApi | undefined;
  readonly answered: (request: OperatorRequest, answer: OperatorAnswer) => void;
}

export class Operators {
  readonly #parts: OperatorsParts;
  #keys = 0;
  #isEnding = false;
  #open = 0;

  constructor(parts: OperatorsParts) {
    this.#parts = parts;
    this.#work();
  }

  /** Requests that still wait for their answer. */
  get open(): number {
    return this.#open;
  }

  finish(): void {
    this.#isEnding = true;
  }

  #work(): void {
    const { clock, random, paceMs } = this.#parts;
    clock.schedule(paceMs * (0.2 + 1.6 * random.fraction()), () => {
      if (this.#isEnding) return;
      this.#work();
      const request = this.#draw();
      if (request === undefined) return;
      this.#open++;
      this.#ask(request, 1);
    });
  }

  #ask(request: OperatorRequest, tries: number): void {
    const { clock } = this.#parts;
    let isOver = false;
    const end = (answer: OperatorAnswer): void => {
      if (isOver) return;
      isOver = true;
      cancel();
      this.#take(request, tries, answer);
    };
    const cancel = clock.schedule(PATIENCE_MS, () => end({ refused: "silence", isFinal: false }));
    const api = this.#parts.api();
    if (api === undefined) return end({ refused: "nobody there", isFinal: false });
    api.ports.process.enter(() => void api.answer(request).then(end));
  }

  #take(request: OperatorRequest, tries: number, answer: OperatorAnswer): void {
    const { clock, answered } = this.#parts;
    const mayAskAgain = "refused" in answer && !answer.isFinal && tries < TRIES_MAX;
    if (mayAskAgain) {
      clock.schedule(AGAIN_MS, () => this.#ask(request, tries + 1));
      return;
    }
    this.#open--;
    answered(request, answer);
  }

  #draw(): OperatorRequest | undefined {
    const { random, stations, uids } = this.#parts;
    const id = stations[random.integer(stations.length)] ?? "";
    const key = `key-${++this.#keys}`;
    const command = (kind: string, body: object): OperatorRequest => (
      { path: "/stations/{id}/commands/{kind}", params: { id, kind }, body, key }
    );
    switch (random.integer(10)) {
      case 0:
      case 1:
        return command("remote-start", { tokenUid: uids[random.integer(uids.length)], evseId: 1 });
      case 2: {
        const sessionId = this.#openSession(id);
        return sessionId === undefined ? undefined : command("remote-stop", { sessionId });
      }
      case 3:
        return command("unlock", { evseId: 1 });
      case 4:
        return random.chance(0.3) ? command("reset", { type: "OnIdle" }) : undefined;
      case 5:
        return command("trigger", { message: "Heartbeat" });
      case 6: {
        const body = { action: "ClearCache", payload: {}, timeoutSeconds: 5 + random.integer(20) };
        return { path: "/stations/{id}/calls", params: { id }, body, key };
      }
      case 7:
      case 8:
        return command(...this.#blockCommand());
      default:
        return random.chance(0.3)
          ? { path: "/stations/{id}/close-stale", params: { id }, body: {}, key }
          : undefined;
    }
  }

  /** Of functional blocks; most of them are several CALLs in one version or in both. */
  #blockCommand(): readonly [kind: string, body: object] {
    const { random, uids } = this.#parts;
    const tokenUid = uids[random.integer(uids.length)] ?? "";
    const count = 1 + random.integer(5);
    switch (random.integer(4)) {
      case 0: {
        const entries = Array.from({ length: count }, (_, index) => ({
          ...{ idToken: `LIST${index}`, type: "ISO14443", status: "Accepted" },
        }));
        const version = 1 + random.integer(1_000);
        const list = { updateType: "Full", version, entries, entriesPerMessage: 1 };
        return ["send-local-list", list];
      }
      case 1: {
        const variables = Array.from({ length: count }, (_, index) => ({
          ...{ variable: `Key${index}`, value: `${random.integer(100)}` },
        }));
        return ["set-variables", { variables }];
      }
      case 2: {
        const variables = Array.from({ length: 20 * count }, (_, index) => ({
          ...{ component: "Configuration", variable: `Key${index}` },
        }));
        return ["get-variables", { variables }];
      }
      default: {
        const reservationId = random.integer(20);
        return random.chance(0.3)
          ? ["cancel-reservation", { reservationId }]
          : ["reserve", { reservationId, evseId: 1, tokenUid, expiresAt: RESERVED_UNTIL }];
      }
    }
  }

  #openSession(station: string): string | undefined {
    const open = this.#parts.store.views.get(`stations/${station}`)?.["open_sessions"];
    return Array.isArray(open) ? open.map(String)[0] : undefined;
  }
}
