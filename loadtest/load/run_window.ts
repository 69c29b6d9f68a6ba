import { Latencies } from "./latencies.ts";
import type { AnswerSink, LoadCharger } from "./load_charger.ts";

/** Longest wait for what is still in flight when a window ends. */
const DRAIN_MS_MAX = 15_000;
const PACE_TICK_MS = 5;

export interface WindowResult {
  readonly seconds: number;
  readonly answered: number;
  /** With those whose answer came after the window had ended. */
  readonly answeredInAll: number;
  readonly errors: number;
  readonly latencies: Latencies;
}

export interface WindowOptions {
  readonly seconds: number;
  /** Ends the window earlier. */
  readonly until?: Promise<unknown>;
  /** Frames per second of all chargers together; undefined = each sends when it was answered. */
  readonly pace?: number | undefined;
  /** Told about once a second. */
  readonly onProgress?: (answered: number, errors: number) => void;
}

/**
 * Lets chargers send for some seconds and measures. With a pace the wait counts from the moment a
 * frame was due, so that a slow server cannot hide its queue by slowing the client (coordinated
 * omission).
 */
export class RunWindow implements AnswerSink {
  readonly #latencies = new Latencies();
  #answered = 0;
  #errors = 0;
  #isRunning = false;
  /** Paced: chargers that wait for a frame to be due. */
  readonly #idle: LoadCharger[] = [];
  #idleHead = 0;
  #sent = 0;
  #beganAtMs = 0;
  #pace: number | undefined;

  /** Runs once. The chargers already follow their scripts with this window as sink. */
  async run(chargers: readonly LoadCharger[], options: WindowOptions): Promise<WindowResult> {
    this.#isRunning = true;
    this.#pace = options.pace;
    this.#beganAtMs = performance.now();
    const progress = setInterval(
      () => options.onProgress?.(this.#answered, this.#errors),
      1_000,
    );
    const pacer = this.#pace === undefined
      ? undefined
      : setInterval(() => this.#sendDue(), PACE_TICK_MS);
    if (pacer === undefined) chargers.forEach((charger) => charger.send());
    else this.#idle.push(...chargers.filter((charger) => charger.isOpen));

    await ended(options);
    this.#isRunning = false;
    clearInterval(progress);
    clearInterval(pacer);
    const seconds = (performance.now() - this.#beganAtMs) / 1_000;
    const answered = this.#answered;
    await drain(chargers);
    this.#errors += chargers.filter((charger) => charger.isWaiting).length;
    return {
      seconds,
      answered,
      answeredInAll: this.#answered,
      errors: this.#errors,
      latencies: this.#latencies,
    };
  }

  answered(charger: LoadCharger, waitedMs: number, isGood: boolean): void {
    this.#latencies.add(waitedMs);
    this.#answered++;
    if (!isGood) this.#errors++;
    if (!this.#isRunning) return;
    if (this.#pace === undefined) return charger.send();
    this.#idle.push(charger);
    if (this.#dueAtMs() <= performance.now()) this.#sendOne(this.#dueAtMs());
  }

  lost(): void {
    this.#errors++;
  }

  #dueAtMs(): number {
    return this.#beganAtMs + this.#sent * 1_000 / (this.#pace ?? 1);
  }

  #sendDue(): void {
    const now = performance.now();
    // A frame that fell due since the last tick could not leave earlier: the timer is ours, not
    // theirs.
    while (this.#dueAtMs() <= now && this.#idleHead < this.#idle.length) {
      this.#sendOne(this.#dueAtMs() < now - PACE_TICK_MS * 2 ? this.#dueAtMs() : now);
    }
    if (this.#idleHead > 4_096) {
      this.#idle.splice(0, this.#idleHead);
      this.#idleHead = 0;
    }
  }

  #sendOne(dueAtMs: number): void {
    const charger = this.#idle[this.#idleHead++];
    this.#sent++;
    charger?.send(dueAtMs);
  }
}

function ended({ seconds, until }: WindowOptions): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1_000);
    const finish = (): void => {
      clearTimeout(timer);
      resolve();
    };
    until?.then(finish, finish);
  });
}

function drain(chargers: readonly LoadCharger[]): Promise<void> {
  const endsAtMs = performance.now() + DRAIN_MS_MAX;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (performance.now() < endsAtMs && chargers.some((charger) => charger.isWaiting)) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
}
