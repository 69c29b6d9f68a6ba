/** Fields of commands that make a station load or send a file, and what its answers mean. */
import { Type } from "@sinclair/typebox";
import { type CommandOutcome, isObject, outcomeOfStatus } from "#schemas/command.ts";

/** The length that 2.x has room for; 1.6 names none. */
const URL_LENGTH_MAX = 512;
/** A day: whoever wants to wait longer asks again. */
const RETRY_INTERVAL_S_MAX = 86_400;
const RETRIES_MAX = 100;

export const Url = Type.String({
  minLength: 1,
  maxLength: URL_LENGTH_MAX,
  pattern: "^[A-Za-z][A-Za-z0-9+.-]*://[^\\s\\u0000-\\u001f]+$",
  description: "A URL that the station can reach, for example https:// or ftp://",
});
export const Retries = Type.Integer({
  minimum: 0,
  maximum: RETRIES_MAX,
  description: "How often the station tries before it gives up",
});
export const RetryIntervalSeconds = Type.Integer({ minimum: 0, maximum: RETRY_INTERVAL_S_MAX });

/**
 * `AcceptedCanceled` is an acceptance that ends the one before. Without a status (1.6
 * GetDiagnostics and UpdateFirmware have none) whoever answers does it.
 */
export function outcomeOfTransfer(response: unknown): CommandOutcome {
  const status = isObject(response) ? response["status"] : null;
  const isAccepted = status === undefined || status === "AcceptedCanceled";
  if (!isAccepted) return outcomeOfStatus(response);
  return { status: "accepted", reason: status ?? "Accepted", transactionId: null };
}
