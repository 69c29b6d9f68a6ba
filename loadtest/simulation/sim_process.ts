/**
 * A process of the simulated cluster: it may be killed at any call that leaves it, or stand still
 * and wake up. Whatever reaches it goes through `enter`, whatever leaves it asks `mayLeave` first.
 */
import type { Clock } from "#engine/ports/clock.ts";

export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #real: Clock;
  readonly #atDeath: (() => void)[] = [];
  #state: "running" | "frozen" | "dead" = "running";
  #held: (() => void)[] = [];
  #callsLeft = Infinity;
  #wallOffsetMs = 0;

  constructor(name: string, real: Clock) {
    this.name = name;
    this.#real = real;
    this.clock = {
      now: () => real.now() + this.#wallOffsetMs,
      monotonic: () => real.monotonic(),
      schedule: (delayMs, wake) => this.#schedule(delayMs, wake),
    };
  }

  get isDead(): boolean {
    return this.#state === "dead";
  }

  get isFrozen(): boolean {
    return this.#state === "frozen";
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Kill -9: what it has begun ends nowhere. */
  kill(): void {
    if (this.isDead) return;
    this.#state = "dead";
    this.#held = [];
    for (const tell of this.#atDeath.splice(0)) tell();
  }

  /** Dies at the n-th call that would leave it from now on: between any two awaits. */
  killAtCall(calls: number): void {
    this.#callsLeft = calls;
  }

  /** SIGSTOP: what comes waits outside. */
  freeze(): void {
    if (this.isRunning) this.#state = "frozen";
  }

  /** SIGCONT: what came meanwhile goes in, in its order. */
  wake(): void {
    if (!this.isFrozen) return;
    this.#state = "running";
    for (const run of this.#held.splice(0)) this.#real.schedule(0, () => this.enter(run));
  }

  /** Sets its wall clock apart from the others'; monotonic time never jumps. */
  jumpWall(ms: number): void {
    this.#wallOffsetMs = ms;
  }

  onDeath(tell: () => void): void {
    this.#atDeath.push(tell);
  }

  /** Something from outside reaches it. */
  enter(run: () => void): void {
    if (this.isRunning) run();
    else if (this.isFrozen) this.#held.push(run);
  }

  /** Whether a call leaves: not when it is dead, or dies at this very call. */
  mayLeave(): boolean {
    if (this.isDead) return false;
    if (this.#callsLeft-- > 0) return true;
    this.kill();
    return false;
  }

  /** What is awaited, as the process sees it: never after its death, late after a standstill. */
  awaited<Value>(awaited: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      awaited.then(
        (value) => this.enter(() => resolve(value)),
        (error) => this.enter(() => reject(error)),
      );
    });
  }

  #schedule(delayMs: number, wake: () => void): () => void {
    let isOver = this.isDead;
    if (isOver) return () => {};
    const cancel = this.#real.schedule(delayMs, () =>
      this.enter(() => {
        if (isOver) return;
        isOver = true;
        wake();
      }));
    return () => {
      isOver = true;
      cancel();
    };
  }
}
