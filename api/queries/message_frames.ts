/**
 * What a journal row says on the wire: the station's CALL and our answer, our CALLs and its
 * answers.
 */
import type { OcppMessage } from "#schemas/rest/observe.ts";
import { type OcppProtocol, ocppProtocols } from "#schemas/events/gateway.ts";
import type { StationMessage } from "#schemas/message.ts";
import { stationMessages16 } from "#schemas/ocpp16/mod.ts";
import { stationMessages201 } from "#schemas/ocpp201/mod.ts";
import { stationMessages21 } from "#schemas/ocpp21/mod.ts";
import { withoutSecrets } from "#schemas/sealed_secret.ts";

/** A journal row of a station or of one of its sessions. */
export interface JournalledRow {
  readonly seq: number;
  readonly actor: string;
  readonly at: string;
  readonly type: string;
  readonly header: string | null;
  readonly body: string | null;
  readonly reply: string | null;
  readonly effects: string | null;
}

const stationMessages: Readonly<Record<OcppProtocol, Readonly<Record<string, StationMessage>>>> = {
  "ocpp1.6": stationMessages16,
  "ocpp2.0.1": stationMessages201,
  "ocpp2.1": stationMessages21,
};

/** The frames of a row in the order in which they passed. */
export function framesOf(row: JournalledRow, at: string): readonly OcppMessage[] {
  const header = parsed(row.header);
  const received = header["type"] === "ocpp.call"
    ? callFrames(row, header, at)
    : header["type"] === "ocpp.answer"
    ? answerFrames(row, header, at)
    : [];
  return [...received, ...sentCalls(row.effects, at)];
}

function callFrames(
  row: JournalledRow,
  header: Readonly<Record<string, unknown>>,
  at: string,
): readonly OcppMessage[] {
  const place = {
    at,
    action: textOrNull(header["action"]),
    messageId: textOrNull(header["messageId"]),
    ...sessionOf(row.actor),
  };
  return [
    { ...place, direction: "in", messageType: "CALL", payload: value(row.body) },
    {
      ...place,
      direction: "out",
      messageType: "CALLRESULT",
      payload: responseOf(header, value(row.reply)),
    },
  ];
}

/** The actor's reply in the words of the station's version, as the gateway sent it. */
function responseOf(header: Readonly<Record<string, unknown>>, reply: unknown): unknown {
  const protocol = ocppProtocols.find((known) => known === header["protocol"]);
  const message = protocol === undefined
    ? undefined
    : stationMessages[protocol][String(header["action"])];
  if (message === undefined) return reply;
  try {
    return message.toResponse(reply ?? {});
  } catch {
    // A row of an older revision: shown as it is stored.
    return reply;
  }
}

function answerFrames(
  row: JournalledRow,
  header: Readonly<Record<string, unknown>>,
  at: string,
): readonly OcppMessage[] {
  const answer = parsed(row.body);
  const place = {
    at,
    direction: "in",
    action: null,
    messageId: textOrNull(header["messageId"]),
  } as const;
  if (answer["outcome"] === "answered") {
    return [{ ...place, messageType: "CALLRESULT", payload: answer["response"] }];
  }
  return answer["outcome"] === "failed"
    ? [{ ...place, messageType: "CALLERROR", payload: answer["error"] }]
    : [];
}

/** Our CALLs leave as orders to a gateway, in the effects of the row that decided on them. */
function sentCalls(effects: string | null, at: string): readonly OcppMessage[] {
  const list = value(effects);
  if (!Array.isArray(list)) return [];
  return list.filter(isRecord)
    .filter(({ type, subject }) => type === "send" && String(subject).startsWith("gateway."))
    .map(({ text }) => parsed(textOrNull(text)))
    .filter(({ order }) => order === "call")
    .map(({ action, messageId, payload }) => ({
      at,
      direction: "out",
      messageType: "CALL",
      action: textOrNull(action),
      messageId: textOrNull(messageId),
      payload: withoutSecrets(payload),
    }));
}

function sessionOf(actor: string): { readonly sessionId?: string } {
  const id = /^[^:]+:session\/(.+)$/s.exec(actor)?.[1];
  return id === undefined ? {} : { sessionId: id };
}

function parsed(text: string | null): Readonly<Record<string, unknown>> {
  const found = value(text);
  return isRecord(found) ? found : {};
}

/** JSON where it is JSON, else the text. */
export function value(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOrNull(found: unknown): string | null {
  return typeof found === "string" ? found : null;
}

function isRecord(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === "object" && found !== null && !Array.isArray(found);
}
