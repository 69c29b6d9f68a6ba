/** Typed commands to a station, and how a version of OCPP words them. */
import { PlatformError } from "./errors.ts";
import { stationCommandOf } from "./station_commands/mod.ts";
import type { BasicKind, CommandKind } from "./events/charger.ts";

/** What is asked of a station; EVSE and connector numbers go out as they are given. */
export type Command =
  | {
    readonly kind: "remote-start";
    readonly tokenUid: string;
    /** OCPP 2.x IdTokenEnum of the token; 1.6 has no use for it. */
    readonly tokenType: string;
    /** Comes back in the Started event of 2.x: so the command finds its session. */
    readonly remoteStartId: number;
    readonly evseId: number | null;
    /** In the words of 2.x or of 1.6; translated when the station speaks the other. */
    readonly chargingProfile: Readonly<Record<string, unknown>> | null;
  }
  | { readonly kind: "remote-stop"; readonly transactionId: string }
  | {
    readonly kind: "reset";
    readonly type: "Immediate" | "OnIdle";
    readonly evseId: number | null;
  }
  | { readonly kind: "unlock"; readonly evseId: number; readonly connectorId: number | null }
  | { readonly kind: "trigger"; readonly message: string; readonly evseId: number | null }
  | {
    readonly kind: "availability";
    readonly operative: boolean;
    /** Null = the whole station. */
    readonly evseId: number | null;
    readonly connectorId: number | null;
  };

/**
 * Kinds that do the same when they are done twice: they may be sent again when nobody knows whether
 * the station did them (design 4, "Commands"). A second start, reset or unlock is another one.
 */
const idempotentKinds: ReadonlySet<CommandKind> = new Set([
  "remote-stop",
  "trigger",
  "availability",
]);

export function isIdempotent(kind: CommandKind): boolean {
  return idempotentKinds.has(kind) || stationCommandOf(kind)?.isIdempotent === true;
}

/** A CALL of ours, keys in the order of the standard's tables: some stations compare text. */
export interface OutgoingCall {
  readonly action: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What a station's response to a command means. */
export interface CommandOutcome {
  readonly status: "accepted" | "rejected";
  /**
   * The station's status word, and statusInfo.reasonCode when it gave one: `Rejected (NotEnabled)`.
   */
  readonly reason: string;
  /** 2.x: the transaction that the start joins, when one exists already. */
  readonly transactionId: string | null;
}

/** The commands in the words of one version. */
export interface CommandWords {
  /** @throws {PlatformError} "unsupported" when the version has no word for it, "invalid-value". */
  toCall(command: Command): OutgoingCall;
  toOutcome(kind: BasicKind, response: unknown): CommandOutcome;
}

/** What a command needs beyond its body. */
export interface CommandFacts {
  /** Type of the token to start with; the default of tokens is ISO14443. */
  readonly tokenType?: string;
  readonly remoteStartId?: number;
  /** The transaction of the session to stop. */
  readonly transactionId?: string;
}

/**
 * A command from the body that was asked for (`CommandRequest.body`).
 *
 * @throws {PlatformError} "missing-field", "wrong-type" or "invalid-value", naming the field.
 */
export function commandOf(
  kind: BasicKind,
  body: Readonly<Record<string, unknown>>,
  facts: CommandFacts = {},
): Command {
  const fields = new Fields(kind, body);
  switch (kind) {
    case "remote-start":
      return {
        kind,
        tokenUid: fields.text("tokenUid"),
        tokenType: facts.tokenType ?? "ISO14443",
        remoteStartId: facts.remoteStartId ?? 0,
        evseId: fields.numberOrNull("evseId"),
        chargingProfile: fields.objectOrNull("chargingProfile"),
      };
    case "remote-stop":
      return { kind, transactionId: facts.transactionId ?? fields.text("transactionId") };
    case "reset":
      return { kind, type: resetType(fields.text("type")), evseId: fields.numberOrNull("evseId") };
    case "unlock":
      return {
        kind,
        evseId: fields.number("evseId"),
        connectorId: fields.numberOrNull("connectorId"),
      };
    case "trigger":
      return { kind, message: fields.text("message"), evseId: fields.numberOrNull("evseId") };
    case "availability":
      return {
        kind,
        operative: fields.truth("operative"),
        evseId: fields.numberOrNull("evseId"),
        connectorId: fields.numberOrNull("connectorId"),
      };
  }
}

function resetType(type: string): "Immediate" | "OnIdle" {
  if (type === "Immediate" || type === "OnIdle") return type;
  const fields = [{ pointer: "/type", detail: "must be Immediate or OnIdle" }];
  throw new PlatformError("invalid-value", "Cannot reset: the type is not known", { fields });
}

/** Reads the fields of a command's body. */
class Fields {
  readonly #kind: string;
  readonly #body: Readonly<Record<string, unknown>>;

  constructor(kind: string, body: Readonly<Record<string, unknown>>) {
    this.#kind = kind;
    this.#body = body;
  }

  text(name: string): string {
    const value = this.#required(name);
    return typeof value === "string" ? value : this.#refuse(name, "must be a text");
  }

  number(name: string): number {
    const value = this.#required(name);
    const isNumber = typeof value === "number" && Number.isInteger(value) && value >= 0;
    return isNumber ? value : this.#refuse(name, "must be a whole number from 0");
  }

  numberOrNull(name: string): number | null {
    return this.#isAbsent(name) ? null : this.number(name);
  }

  truth(name: string): boolean {
    const value = this.#required(name);
    return typeof value === "boolean" ? value : this.#refuse(name, "must be true or false");
  }

  objectOrNull(name: string): Readonly<Record<string, unknown>> | null {
    if (this.#isAbsent(name)) return null;
    const value = this.#body[name];
    return isObject(value) ? value : this.#refuse(name, "must be an object");
  }

  #isAbsent(name: string): boolean {
    return this.#body[name] === undefined || this.#body[name] === null;
  }

  #required(name: string): unknown {
    if (!this.#isAbsent(name)) return this.#body[name];
    throw this.#error("missing-field", name, "is missing");
  }

  #refuse(name: string, detail: string): never {
    throw this.#error("wrong-type", name, detail);
  }

  #error(kind: "missing-field" | "wrong-type", name: string, detail: string): PlatformError {
    return new PlatformError(kind, `Cannot ${this.#kind}: ${name} ${detail}`, {
      fields: [{ pointer: `/${name}`, detail }],
    });
  }
}

/** Statuses that mean the station does, or will do, what was asked. Anything else is a refusal. */
const acceptances: ReadonlySet<string> = new Set(["Accepted", "Scheduled", "Unlocked"]);

/** The outcome that a response tells by its `status`; a response without one is a refusal. */
export function outcomeOfStatus(response: unknown): CommandOutcome {
  const payload = isObject(response) ? response : {};
  const status = typeof payload["status"] === "string" ? payload["status"] : "no status";
  const reasonCode = isObject(payload["statusInfo"]) ? payload["statusInfo"]["reasonCode"] : null;
  const transactionId = payload["transactionId"];
  return {
    status: acceptances.has(status) ? "accepted" : "rejected",
    reason: typeof reasonCode === "string" ? `${status} (${reasonCode})` : status,
    transactionId: typeof transactionId === "string" ? transactionId : null,
  };
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
