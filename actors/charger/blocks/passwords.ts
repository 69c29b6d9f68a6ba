/**
 * A change of the station's own password: from the CALL that carries it to the answer both are
 * good, for nobody knows which the station will use. Newest first, the confirmed one last (OCPP
 * 2.0.1 Part 2, A01; OCPP 1.6J, AuthorizationKey).
 */
import { isObject } from "#schemas/command.ts";
import type { PasswordRecord } from "#schemas/events/gateway.ts";
import { isSealed } from "#schemas/sealed_secret.ts";
import type { ChargerContext } from "../context.ts";
import type { Turn } from "../turn.ts";
import type { CallRules, Exchange, SentCall } from "./block.ts";

type Payload = Readonly<Record<string, unknown>>;

/** Changes that may be open at once; of more the newest count. */
export const PASSWORDS_OPEN_MAX = 3;

export const passwordCalls: Readonly<Record<string, CallRules>> = {
  SetVariables: { sent, ended },
  ChangeConfiguration: { sent, ended },
};

function sent(turn: Turn, call: SentCall): void {
  const record = recordOf(call);
  if (record === undefined) return;
  const { passwords } = turn.context;
  const confirmed = passwords.slice(-1);
  const open = passwords.slice(0, -1);
  turn.set({ passwords: [record, ...open.slice(0, PASSWORDS_OPEN_MAX - 1), ...confirmed] });
}

function ended(turn: Turn, exchange: Exchange): void {
  const record = recordOf(exchange);
  // Of silence nothing follows but that both stay good.
  const status = exchange.outcome === "silent" ? null : statusOf(exchange);
  if (record === undefined || status === null) return;
  turn.set({ passwords: settled(turn.context.passwords, record, status) });
}

function settled(
  passwords: ChargerContext["passwords"],
  record: PasswordRecord,
  status: string,
): ChargerContext["passwords"] {
  const isKnown = passwords.some(({ salt }) => salt === record.salt);
  const others = passwords.filter(({ salt }) => salt !== record.salt);
  // What came so late that another one is in use is good beside it.
  if (status === "Accepted") return isKnown ? [record] : [record, ...others];
  return status === "RebootRequired" ? [{ ...record, afterReboot: true }, ...others] : others;
}

/** The station has shown which it uses: those from before and after it are good no longer. */
export function noteUsedPassword(turn: Turn, salt: string): void {
  const { passwords } = turn.context;
  const index = passwords.findIndex((record) => record.salt === salt);
  const used = passwords[index];
  if (used === undefined) return;
  const { scheme, hash } = used;
  const coming = passwords.slice(0, index).filter(({ afterReboot }) => afterReboot === true);
  turn.set({ passwords: [...coming, { scheme, salt, hash }] });
}

/** Of the password that a CALL sets; undefined when it sets none. */
function recordOf(
  { action, payload }: Pick<SentCall, "action" | "payload">,
): PasswordRecord | undefined {
  const secret = action === "ChangeConfiguration"
    ? payload["value"]
    : passwordEntry(payload["setVariableData"])?.["attributeValue"];
  return isSealed(secret) ? secret.record : undefined;
}

/** Null = the answer does not say: as good as none. */
function statusOf({ action, outcome, errorCode, response }: Exchange): string | null {
  if (outcome === "failed") return errorCode ?? "failed";
  const status = action === "ChangeConfiguration"
    ? response["status"]
    : passwordEntry(response["setVariableResult"])?.["attributeStatus"];
  return typeof status === "string" ? status : null;
}

/** Names of components and variables are compared without case (OCPP 2.0.1 Part 1, 4). */
function passwordEntry(entries: unknown): Payload | undefined {
  if (!Array.isArray(entries)) return undefined;
  return entries.filter(isObject).find(({ component, variable, attributeType = "Actual" }) =>
    isNamed(component, "securityctrlr") && isNamed(variable, "basicauthpassword") &&
    attributeType === "Actual"
  );
}

function isNamed(value: unknown, name: string): boolean {
  return isObject(value) && String(value["name"]).toLowerCase() === name;
}
