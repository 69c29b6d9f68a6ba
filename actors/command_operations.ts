/**
 * Commands of which nobody knows whether the station did them (`unknown`): an operator who has
 * looked says how they ended, or sends again what does no harm twice.
 */
import { numberOf } from "#engine/operations/arguments.ts";
import type { Actors } from "#engine/ports/actors.ts";
import type { OperationArgs, OperationRequest, Operations } from "#engine/ports/operations.ts";
import { defaultTenant, stationKey } from "#schemas/address.ts";
import { isIdempotent } from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { CommandDescription, CommandKind, CommandRequest } from "#schemas/events/charger.ts";
import type { OcppAnswer } from "#schemas/events/gateway.ts";

export interface DoubtfulCommand {
  readonly tenant: string;
  readonly id: string;
  readonly stationId: string;
  /** `call` for a raw call. */
  readonly kind: CommandKind | "call";
  readonly action: string;
  readonly status: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
}

interface SettledError {
  readonly code: string;
  readonly description: string;
  readonly details: object;
}

export interface DoubtfulCommands {
  /** The newest first. */
  list(limit: number): Promise<readonly DoubtfulCommand[]>;
  find(tenant: string, id: string): Promise<DoubtfulCommand | undefined>;
  /** Of one that its station's actor has forgotten. False: it is not `unknown` any more. */
  settle(command: DoubtfulCommand, status: string, error?: SettledError): Promise<boolean>;
}

export interface CommandOperationParts {
  readonly commands: DoubtfulCommands;
  readonly actors: Actors;
}

const LISTED = 50;
const LISTED_MAX = 500;
const TIMEOUT_MS = 30_000;

const outcomes = ["accepted", "rejected", "failed"] as const;
type Outcome = typeof outcomes[number];

export function commandOperations(parts: CommandOperationParts): Operations {
  return {
    "command-list": {
      help: "Commands of which nobody knows whether the station did them, the newest first",
      args: ["limit?"],
      run: async (args) => {
        const limit = numberOf(args, "limit", { min: 1, max: LISTED_MAX, otherwise: LISTED });
        const listed = await parts.commands.list(limit);
        const isHarmless = ({ kind }: DoubtfulCommand): boolean =>
          kind !== "call" && isIdempotent(kind);
        return { commands: listed.map((one) => ({ ...one, mayBeRetried: isHarmless(one) })) };
      },
    },
    "command-settle": {
      help: `Says how one of them ended: ${outcomes.join(", ")}`,
      args: ["command", "outcome", "tenant?"],
      run: async (args, request) => {
        const command = await inDoubt(parts, args);
        const { outcome = "" } = args;
        if (!isOutcome(outcome)) {
          const detail = `Cannot settle as "${outcome}": it is one of ${outcomes.join(", ")}`;
          throw new PlatformError("invalid-value", detail);
        }
        return await settle(parts, command, outcome, request);
      },
    },
    "command-retry": {
      help: "Sends one of them again, when that does no harm twice",
      args: ["command", "tenant?"],
      run: async (args, request) => await retry(parts, await inDoubt(parts, args), request),
    },
  };
}

async function inDoubt(
  { commands }: CommandOperationParts,
  { command: id = "", tenant = defaultTenant }: OperationArgs,
): Promise<DoubtfulCommand> {
  const command = await commands.find(tenant, id);
  if (command === undefined) throw new PlatformError("not-found", `Cannot find the command ${id}`);
  if (command.status === "unknown") return command;
  throw new PlatformError("conflict", `Cannot change the command ${id}: it is ${command.status}`);
}

/**
 * Told to the station's actor as a late answer, so that what follows from an answer follows from
 * this, too. The actor forgets a command in doubt after ten minutes: then only its row is left.
 */
async function settle(
  { commands, actors }: CommandOperationParts,
  command: DoubtfulCommand,
  outcome: Outcome,
  { user, nonce }: OperationRequest,
): Promise<object> {
  const { id, kind } = command;
  if (kind === "call" && outcome !== "failed") {
    const detail = `Cannot settle the raw call ${id} as ${outcome}: nobody knows its answer`;
    throw new PlatformError("unsupported", detail);
  }
  const error = {
    code: "settledByOperator",
    description: `${user} settled it as ${outcome}`,
    details: {},
  };
  const status = outcome === "accepted" ? "Accepted" : "Rejected";
  const answer: OcppAnswer = outcome === "failed"
    ? { outcome: "failed", error, late: true }
    : { outcome: "answered", response: { status }, late: true };
  const header = { type: "ocpp.answer", cause: `ops/${nonce}`, messageId: id, epoch: "0.0" };
  const { journalled } = await actors.ask(stationOf(command), header, JSON.stringify(answer));
  const byRow = !journalled && await commands.settle(command, outcome, error);
  if (journalled || byRow) return { command: id, outcome, by: journalled ? "actor" : "row" };
  throw new PlatformError("conflict", `Cannot settle the command ${id}: it has been meanwhile`);
}

/** A new command with the same words; the one in doubt is settled as failed. */
async function retry(
  parts: CommandOperationParts,
  command: DoubtfulCommand,
  request: OperationRequest,
): Promise<object> {
  const { id, kind, request: body } = command;
  if (kind === "call" || !isIdempotent(kind)) {
    const detail = `Cannot send ${kind} again: the station may have done it, and twice is not once`;
    throw new PlatformError("forbidden", detail);
  }
  const again: CommandRequest = {
    // The same use of operations never sends two.
    id: `${id}-${request.nonce.slice(0, 8)}`,
    ...{ kind, body, timeoutMs: TIMEOUT_MS, queueMs: 0 },
  };
  const header = { type: "command.request", cause: `ops/${request.nonce}` };
  const answer = await parts.actors.ask(stationOf(command), header, JSON.stringify(again));
  const sent: CommandDescription = JSON.parse(answer.text);
  await settle(parts, command, "failed", request);
  return { command: id, again: sent.id, status: sent.status };
}

function stationOf(
  { tenant, stationId }: DoubtfulCommand,
): { tenant: string; kind: string; key: string } {
  return { tenant, kind: "charger", key: stationKey(stationId) };
}

function isOutcome(text: string): text is Outcome {
  return outcomes.some((outcome) => outcome === text);
}
