/** Commands in the words of the station's version. */
import {
  type CommandFacts,
  commandOf,
  type CommandOutcome,
  outcomeOfStatus,
  type OutgoingCall,
} from "#schemas/command.ts";
import { PlatformError } from "#schemas/errors.ts";
import type { BasicKind } from "#schemas/events/charger.ts";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { type StationCommand, wordsOf } from "#schemas/station_commands/define.ts";
import { stationCommandOf } from "#schemas/station_commands/mod.ts";
import { commandWords } from "./catalogue.ts";
import type { ChargerContext, CommandRecord } from "./context.ts";
import { stationInput } from "./station_input.ts";
import { sessionKey, type Turn } from "./turn.ts";

type Body = Readonly<Record<string, unknown>>;

/** Before its first connection any version may word a command. */
const PROTOCOL_DEFAULT: OcppProtocol = "ocpp2.0.1";

/**
 * The CALLs that carry the command out, in their order. Numbers that a wording draws are the next
 * ones: `noteWorded` makes them used up.
 */
export function wording(
  turn: Turn,
  record: CommandRecord,
  body: Body,
): readonly OutgoingCall[] | PlatformError {
  if (record.kind === "call") throw new TypeError("Cannot word a raw call: it is sent as given");
  try {
    const declared = stationCommandOf(record.kind);
    return declared === undefined
      ? [basicWording(turn.context, record, body)]
      : declaredWording(turn, record, { declared, body });
  } catch (thrown) {
    if (thrown instanceof PlatformError) return thrown;
    throw thrown;
  }
}

/** The number that wordings may draw from now on. */
export function nextRequestId({ counts }: ChargerContext): number {
  return (counts.requests ?? 0) + 1;
}

export function noteWorded(turn: Turn): void {
  const { counts } = turn.context;
  turn.set({ counts: { ...counts, requests: nextRequestId(turn.context) } });
}

/** What a response to one CALL of the command means. */
export function outcomeOf(
  context: ChargerContext,
  kind: Exclude<CommandRecord["kind"], "call">,
  response: unknown,
): CommandOutcome {
  const declared = stationCommandOf(kind);
  if (declared === undefined) {
    return commandWords[context.protocol ?? PROTOCOL_DEFAULT].toOutcome(
      kind as BasicKind,
      response,
    );
  }
  return (declared.toOutcome ?? outcomeOfStatus)(response);
}

function basicWording(context: ChargerContext, record: CommandRecord, body: Body): OutgoingCall {
  const facts: CommandFacts = {
    ...(record.tokenType === null ? {} : { tokenType: record.tokenType }),
    ...(record.remoteStartId === null ? {} : { remoteStartId: record.remoteStartId }),
    ...(record.kind === "remote-stop"
      ? { transactionId: transactionOf(context, String(body["sessionId"])) }
      : {}),
  };
  const words = commandWords[context.protocol ?? PROTOCOL_DEFAULT];
  return words.toCall(commandOf(record.kind as BasicKind, body, facts));
}

function declaredWording(
  { context, inputs, now }: Turn,
  { tokenType }: CommandRecord,
  { declared, body }: { readonly declared: StationCommand; readonly body: Body },
): readonly OutgoingCall[] {
  const token = inputs["token"];
  const hasGroup = typeof token === "object" && token !== null && "groupId" in token;
  return wordsOf(declared, body, {
    protocol: context.protocol ?? PROTOCOL_DEFAULT,
    tokenType: tokenType ?? "ISO14443",
    tokenGroupId: hasGroup && typeof token.groupId === "string" ? token.groupId : null,
    requestId: nextRequestId(context),
    now,
    items: stationInput(inputs).items.filter(({ block }) => declared.reads.includes(block)),
    transactionOf: (sessionId) => transactionOf(context, sessionId),
  });
}

/** @throws {PlatformError} when the session is not one of this station's, or has ended. */
function transactionOf(context: ChargerContext, sessionId: string): string {
  const open = context.open.find(({ n }) => sessionKey(context, n) === sessionId);
  if (open !== undefined) return open.transactionId;
  const isOurs = sessionId.startsWith(`${context.key}~`);
  const n = isOurs ? Number(sessionId.slice(context.key.length + 1)) : NaN;
  if (Number.isInteger(n) && n >= 1 && n <= context.counts.sessions) {
    throw new PlatformError("conflict", `Cannot use session ${sessionId}: it has ended`);
  }
  throw new PlatformError(
    "not-found",
    `Cannot use session ${sessionId}: the station has none such`,
  );
}
