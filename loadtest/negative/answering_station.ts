import type { Buffer } from "node:buffer";
import type { ReadyStation } from "./ready_station.ts";

/** A CALL of the platform as it came, key by key. */
export interface ReceivedCall {
  readonly action: string;
  readonly payload: unknown;
}

/** A station that answers the platform's CALLs with what it is told to. */
export class AnsweringStation {
  readonly identity: string;
  readonly received: ReceivedCall[] = [];
  /** The payload of its next CALLRESULTs. */
  response: unknown = {};
  readonly #ready: ReadyStation;

  constructor(ready: ReadyStation) {
    this.#ready = ready;
    this.identity = ready.identity;
    ready.station.socket.on("message", (bytes: Buffer) => {
      const [type, id, action, payload] = JSON.parse(bytes.toString());
      if (type !== 2) return;
      this.received.push({ action, payload });
      ready.station.send([3, id, this.response]);
    });
  }

  close(): void {
    this.#ready.station.socket.close();
  }
}
