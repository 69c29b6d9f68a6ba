/** The smallest station a page test can drive, in the words of OCPP 1.6: it sends what it is told and answers every call. */
import { once } from "node:events";
import { WebSocket } from "ws";

type Payload = Readonly<Record<string, unknown>>;

export class TestCharger {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<string, (payload: Payload) => void>();
  readonly #answers: Readonly<Record<string, Payload>>;
  readonly #calls: { readonly action: string; readonly payload: Payload }[] = [];
  #wake: (() => void) | undefined;
  #sent = 0;

  private constructor(socket: WebSocket, answers: Readonly<Record<string, Payload>>) {
    this.#socket = socket;
    this.#answers = answers;
    socket.on("message", (text) => this.#receive(JSON.parse(String(text))));
  }

  /** Connects; `answers` says what it replies to each action of the platform. */
  static async connect(
    url: string,
    answers: Readonly<Record<string, Payload>> = {},
    localAddress = "127.0.0.1",
    protocol = "ocpp1.6",
  ): Promise<TestCharger> {
    const socket = new WebSocket(url, protocol, { localAddress });
    const charger = new TestCharger(socket, answers);
    await once(socket, "open");
    return charger;
  }

  /** Sends a CALL and resolves with the payload of its answer. */
  call(action: string, payload: Payload): Promise<Payload> {
    const id = `m${++this.#sent}`;
    const answered = new Promise<Payload>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify([2, id, action, payload]));
    return answered;
  }

  status(connectorId: number, status: string): Promise<Payload> {
    const timestamp = new Date().toISOString();
    return this.call("StatusNotification", {
      connectorId,
      status,
      errorCode: "NoError",
      timestamp,
    });
  }

  /** The next CALL of the platform with this action, also when it has come already. */
  async called(action: string): Promise<Payload> {
    while (true) {
      const index = this.#calls.findIndex((call) => call.action === action);
      const [call] = index === -1 ? [] : this.#calls.splice(index, 1);
      if (call !== undefined) return call.payload;
      // deno-lint-ignore no-await-in-loop -- one arrival after the other is looked at
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  close(): Promise<unknown> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    return closed;
  }

  #receive(frame: readonly unknown[]): void {
    const [type, id, third, fourth] = frame;
    if (type === 2) {
      const action = String(third);
      this.#calls.push({ action, payload: fourth as Payload });
      this.#socket.send(JSON.stringify([3, id, this.#answers[action] ?? { status: "Accepted" }]));
      this.#wake?.();
      return;
    }
    this.#waiting.get(String(id))?.(type === 3 ? third as Payload : { error: frame });
    this.#waiting.delete(String(id));
  }
}
