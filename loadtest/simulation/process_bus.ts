import type { Bus, BusHandler } from "#engine/ports/bus.ts";
import type { SimBus } from "#engine/sim/sim_bus.ts";
import type { SimProcess } from "./sim_process.ts";

/** Sees what a process hears and answers on the bus. */
export interface BusWitness {
  /** The returned function is told the answer's text when it leaves. */
  heard(process: SimProcess, text: string): ((answer: string) => void) | undefined;
}

/** The bus as one process sees it. */
export class ProcessBus implements Bus {
  readonly #process: SimProcess;
  readonly #end: SimBus;
  readonly #witness: BusWitness | undefined;

  constructor(process: SimProcess, end: SimBus, witness?: BusWitness) {
    this.#process = process;
    this.#end = end;
    this.#witness = witness;
  }

  ask(subject: string, text: string, timeoutMs: number): Promise<string> {
    if (!this.#process.mayLeave()) return new Promise(() => {});
    return this.#process.awaited(this.#end.ask(subject, text, timeoutMs));
  }

  tell(subject: string, text: string): void {
    if (this.#process.mayLeave()) this.#end.tell(subject, text);
  }

  listen(subject: string, handler: BusHandler): () => void {
    const stop = this.#end.listen(subject, (text, remainingMs) =>
      new Promise((resolve, reject) => {
        this.#process.enter(() => {
          const answered = this.#witness?.heard(this.#process, text);
          void this.#answer(handler, { text, remainingMs }).then((answer) => {
            if (!this.#process.mayLeave()) return;
            if (answer !== undefined) answered?.(answer);
            resolve(answer);
          }, (error) => this.#process.mayLeave() && reject(error));
        });
      }));
    return () => {
      if (!this.#process.isDead) stop();
    };
  }

  isConnected(): boolean {
    return this.#end.isConnected();
  }

  close(): Promise<void> {
    return this.#process.isDead ? new Promise(() => {}) : this.#end.close();
  }

  async #answer(
    handler: BusHandler,
    message: { readonly text: string; readonly remainingMs: number | undefined },
  ): Promise<string | undefined> {
    return await handler(message.text, message.remainingMs);
  }
}
