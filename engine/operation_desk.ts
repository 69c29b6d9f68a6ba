import { PlatformError, toErrorDocument, toPlatformError } from "#schemas/errors.ts";
import { inTime } from "./in_time.ts";
import type { Clock } from "./ports/clock.ts";
import type {
  Operation,
  OperationArgs,
  OperationAudit,
  OperationRequest,
  Operations,
} from "./ports/operations.ts";
import { RequestGate, sealAnswer, type Sealed } from "./sealed_request.ts";
import type { CounterMetric, Telemetry } from "./telemetry.ts";

/** A replay reads a whole journal: operators may not take the worker from its stations. */
const AT_ONCE_MAX = 4;
/** A drain waits for the others to take over. */
const RUN_MS_MAX = 60_000;
/** Below what a nats-server takes by default (1 MiB). */
const ANSWER_CHARACTERS_MAX = 900_000;
const ARG_CHARACTERS_MAX = 4_096;

export interface DeskParts {
  readonly id: string;
  readonly role: string;
  readonly key: string | undefined;
  readonly operations: Operations;
  readonly audit: OperationAudit;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Takes requests of operations: lets in who has the key, audits, runs, answers. */
export class OperationDesk {
  readonly #parts: DeskParts;
  readonly #gate: RequestGate;
  readonly #uses: CounterMetric;
  readonly #turnedAway: CounterMetric;
  #running = 0;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    this.#gate = new RequestGate(parts);
    const { telemetry } = parts;
    this.#uses = telemetry.counter("statewatt_operations_total", "Uses of operations", [
      "verb",
      "outcome",
    ]);
    this.#turnedAway = telemetry.counter(
      "statewatt_operations_refused_total",
      "Requests of operations that were not let in, by kind of error",
      ["kind"],
    );
  }

  /** Never rejects: a failure is an answer, too. */
  async take(sealed: Sealed, verb: string): Promise<Sealed> {
    let request: OperationRequest;
    try {
      request = this.#gate.open(sealed, verb);
    } catch (thrown) {
      return this.#turnAway(verb, thrown);
    }
    const { key = "" } = this.#parts;
    const text = await this.#run(request, verb);
    return sealAnswer(text, request.nonce, key);
  }

  #turnAway(verb: string, thrown: unknown): Sealed {
    const { telemetry } = this.#parts;
    const { kind, message } = toPlatformError(thrown);
    const times = this.#turnedAway.with(kind);
    times.add();
    // Anybody on NATS may cause it: the first of each ten times as many is told.
    const count = telemetry.value("statewatt_operations_refused_total", kind);
    if (/^10*$/.test(String(count))) {
      telemetry.log("warn", "a request of operations was not let in", { verb, message, count });
    }
    return { text: JSON.stringify({ error: toErrorDocument(toPlatformError(thrown)) }), seal: "" };
  }

  async #run(request: OperationRequest, verb: string): Promise<string> {
    const { role, id, audit, clock, telemetry, operations } = this.#parts;
    if (this.#running >= AT_ONCE_MAX) {
      return failure(new PlatformError("overloaded", "Cannot operate: too many do at this moment"));
    }
    this.#running++;
    const { user, args, nonce } = request;
    const about = { user, verb, ...args };
    try {
      const operation = checked(operations[verb], verb, args);
      await this.#note(audit.asked(request, `${role} ${id}`));
      const { text, outcome } = await this.#outcome(operation, request);
      this.#uses.with(verb, outcome === "done" ? "done" : "failed").add();
      telemetry.log("info", "operations were used", { ...about, outcome });
      await inTime(clock, RUN_MS_MAX, audit.ended(nonce, outcome)).catch((error) =>
        telemetry.log("error", "the end of an operation is not audited", { ...about, error })
      );
      return text;
    } catch (thrown) {
      return failure(thrown);
    } finally {
      this.#running--;
    }
  }

  /** What nobody would know of afterwards is not done. */
  async #note(asked: Promise<void>): Promise<void> {
    try {
      await asked;
    } catch (cause) {
      const detail = "Cannot operate: the audit cannot be written";
      throw new PlatformError("unavailable", detail, { cause });
    }
  }

  async #outcome(
    operation: Operation,
    request: OperationRequest,
  ): Promise<{ readonly text: string; readonly outcome: string }> {
    try {
      const running = operation.run(request.args, request);
      const value = await inTime(this.#parts.clock, RUN_MS_MAX, running);
      const text = JSON.stringify({ value: value ?? null });
      if (text.length <= ANSWER_CHARACTERS_MAX) return { text, outcome: "done" };
      throw new PlatformError(
        "unsupported",
        `Cannot show it: it has ${text.length} characters; ask for less`,
      );
    } catch (thrown) {
      const { kind, message } = toPlatformError(thrown);
      if (kind === "bug") {
        this.#parts.telemetry.log("error", "an operation failed", { error: thrown });
      }
      return { text: failure(thrown), outcome: message };
    }
  }
}

function failure(thrown: unknown): string {
  return JSON.stringify({ error: toErrorDocument(toPlatformError(thrown)) });
}

function checked(
  operation: Operation | undefined,
  verb: string,
  args: OperationArgs,
): Operation {
  if (operation === undefined) {
    throw new PlatformError("unknown-action", `Cannot ${verb}: this process does not offer it`);
  }
  const names = operation.args.map((name) => name.replace(/\?$/, ""));
  for (const [name, value] of Object.entries(args)) {
    if (!names.includes(name)) {
      throw new PlatformError("malformed", `Cannot ${verb}: it takes no ${name}`);
    }
    if (typeof value !== "string" || value.length > ARG_CHARACTERS_MAX) {
      throw new PlatformError("wrong-type", `Cannot ${verb}: ${name} is no short text`);
    }
  }
  const missing = operation.args.find((name) => !name.endsWith("?") && args[name] === undefined);
  if (missing !== undefined) {
    throw new PlatformError("missing-field", `Cannot ${verb}: ${missing} is missing`);
  }
  return operation;
}
