/** How a station answers the platform's CALLs: mostly well, sometimes late or not at all. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";
import type { Clock } from "#engine/ports/clock.ts";

export interface DeskWitness {
  /** A CALL of the platform has reached the station. */
  commanded(identity: string, messageId: string, action: string): void;
  /** The station has answered it by this status. */
  replied(identity: string, messageId: string, status: string): void;
}

export interface DeskEars {
  /** Whether it starts to charge. */
  start(uid: string, remoteStartId: number | null): boolean;
  /** Whether it stops. */
  stop(transactionId: string): boolean;
  reset(): void;
  hasMessages(): boolean;
}

export interface DeskParts {
  readonly identity: string;
  readonly protocol: OcppProtocol;
  readonly clock: Clock;
  readonly random: SimRandom;
  readonly witness: DeskWitness;
  readonly answer: (text: string) => void;
  readonly ears: DeskEars;
}

const SILENT = 0.04;
const LATE = 0.06;
const LATE_MS_MAX = 60_000;

export class CommandDesk {
  /** Answers everything at once. */
  isDiligent = false;
  readonly #parts: DeskParts;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  take(messageId: string, action: string, payload: unknown): void {
    const { identity, random, witness, clock, answer } = this.#parts;
    witness.commanded(identity, messageId, action);
    const response = this.#responseTo(action, payload as Readonly<Record<string, unknown>>);
    if (random.chance(SILENT) && !this.isDiligent) return;
    const isLate = random.chance(LATE) && !this.isDiligent;
    const delayMs = isLate ? random.fraction() * LATE_MS_MAX : random.fraction() * 800;
    clock.schedule(delayMs, () => {
      witness.replied(identity, messageId, String(response["status"] ?? ""));
      answer(JSON.stringify([3, messageId, response]));
    });
  }

  #responseTo(
    action: string,
    payload: Readonly<Record<string, unknown>>,
  ): Readonly<Record<string, unknown>> {
    const { ears } = this.#parts;
    const status = (isAccepted: boolean): { status: string } => (
      { status: isAccepted ? "Accepted" : "Rejected" }
    );
    switch (action) {
      case "RemoteStartTransaction":
        return status(ears.start(String(payload["idTag"]), null));
      case "RequestStartTransaction": {
        const { idToken } = payload["idToken"] as { idToken: string };
        return status(ears.start(idToken, Number(payload["remoteStartId"])));
      }
      case "RemoteStopTransaction":
      case "RequestStopTransaction":
        return status(ears.stop(String(payload["transactionId"])));
      case "Reset":
        ears.reset();
        return status(true);
      case "UnlockConnector":
        return { status: "Unlocked" };
      case "GetTransactionStatus":
        return { messagesInQueue: ears.hasMessages() };
      default:
        return status(true);
    }
  }
}
