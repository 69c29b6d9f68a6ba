/**
 * What stations answer about their variables and configuration keys (OCPP 2.0.1 Part 2, B05 to
 * B08; OCPP 1.6J, 5.3 and 5.8). `variable-value` is what was read or set with success,
 * `variable-set` the last attempt to set. What stations report is another block's
 * (`adapters/reports`): both are laid together in `actors/domain/device_model.ts`.
 */
import { isObject } from "#schemas/command.ts";
import {
  attributeIn,
  attributeKey,
  CONFIGURATION,
  isSecret,
  nameIn,
  type WholeName,
} from "#schemas/device_variable.ts";
import { isLimit, limitItem } from "#schemas/station_limits.ts";
import { orderCommand } from "../commands.ts";
import { checkSoon } from "../configuration.ts";
import type { Turn } from "../turn.ts";
import type { StationItem } from "#schemas/station_items.ts";
import { defineBlock, type Exchange, goOnLater, type HeardNotice, type SentCall } from "./block.ts";

/** OCPP 2.0.1 Part 2, GetVariableResultType. */
const VALUE_LENGTH_MAX = 2_500;
/** More are read by operators. */
const VARIABLES_MAX = 100;
/** Stations have some hundred keys; this bounds what one answer writes. */
const ENTRIES_MAX = 2_000;

export const deviceModel = defineBlock({
  name: "device-model",
  calls: {
    GetBaseReport: { sent: noteAsked, ended: noteInventoryAnswer },
    GetVariables: { ended: noteRead },
    SetVariables: { sent: noteSetting, ended: noteSet },
    GetConfiguration: { ended: noteKeys },
    ChangeConfiguration: { sent: noteSetting, ended: noteSet },
  },
  notices: { NotifyReport: { heard: noteReport } },
  resume: { reads: ["variable-set"], go: readAfterRestart },
});

/** The projection reads which report was asked for. */
function noteAsked(turn: Turn, { payload }: SentCall): void {
  const { requestId, reportBase } = payload;
  turn.keepItem("inventory", "asked", { requestId, base: reportBase, at: turn.now });
}

function noteInventoryAnswer(turn: Turn, exchange: Exchange): void {
  const { payload: { requestId, reportBase }, response } = exchange;
  if (requestId === undefined) return;
  const status = exchange.outcome === "answered"
    ? String(response["status"])
    : exchange.errorCode ?? "unanswered";
  turn.keepItem("inventory", "answer", { requestId, base: reportBase, status, at: turn.now });
}

/** The parts are put together by the projection. */
function noteReport(turn: Turn, { payload }: HeardNotice): unknown {
  if (payload["tbc"] !== true) checkSoon(turn);
  return {};
}

interface Entry {
  readonly name: WholeName;
  readonly status: string;
  readonly value: string | null;
}

/** What an answer or a request says of each variable. */
function entriesIn(
  list: unknown,
  names: { readonly status: string; readonly value: string },
): readonly Entry[] {
  if (!Array.isArray(list)) return [];
  return list.slice(0, ENTRIES_MAX).flatMap((entry: unknown) => {
    const name = attributeIn(entry);
    if (name === undefined || !isObject(entry)) return [];
    const value = entry[names.value];
    const status = String(entry[names.status] ?? "pending");
    return [{ name, status, value: typeof value === "string" ? value : null }];
  });
}

function noteRead(turn: Turn, { outcome, response }: Exchange): void {
  if (outcome !== "answered") return;
  const read = { status: "attributeStatus", value: "attributeValue" };
  for (const entry of entriesIn(response["getVariableResult"], read)) keepValue(turn, entry);
  checkSoon(turn);
}

function keepValue(
  turn: Turn,
  { name, status, value }: Entry,
  more: Readonly<Record<string, unknown>> = {},
): void {
  const kept = isSecret(name) || value === null ? null : value.slice(0, VALUE_LENGTH_MAX);
  turn.keepItem("variable-value", attributeKey(name), {
    ...name,
    ...more,
    value: kept,
    status,
    at: turn.now,
  });
  if (kept === null || !isLimit(name) || name.attribute !== "Actual") return;
  const { attribute: _, ...variable } = name;
  const limit = limitItem(variable, { value: kept, at: turn.now, source: "answer" });
  turn.keepItem(limit.block, limit.key, limit.body);
}

function nameOfKey(key: string): WholeName {
  return { component: CONFIGURATION, variable: key, attribute: "Actual" };
}

/** What is asked of the station, in either version. */
function settingsIn({ action, payload }: SentCall): readonly Entry[] {
  if (action === "SetVariables") {
    const set = { status: "none", value: "attributeValue" };
    return entriesIn(payload["setVariableData"], set);
  }
  const { key, value } = payload;
  if (typeof key !== "string") return [];
  return [{
    name: nameOfKey(key),
    status: "pending",
    value: typeof value === "string" ? value : null,
  }];
}

function noteSetting(turn: Turn, call: SentCall): void {
  for (const setting of settingsIn(call)) keepSetting(turn, call, setting);
}

function keepSetting(turn: Turn, { commandId }: SentCall, { name, status, value }: Entry): void {
  turn.keepItem("variable-set", attributeKey(name), {
    ...name,
    value: isSecret(name) ? null : value,
    status,
    at: turn.now,
    commandId,
  });
}

function noteSet(turn: Turn, exchange: Exchange): void {
  const { outcome, errorCode, response } = exchange;
  const results = new Map(
    entriesIn(response["setVariableResult"], { status: "attributeStatus", value: "none" })
      .map(({ name, status }) => [attributeKey(name), status]),
  );
  const silent = outcome === "failed" ? errorCode ?? "CALLERROR" : "unanswered";
  const { status: status16 } = response;
  for (const setting of settingsIn(exchange)) {
    const said = exchange.action === "SetVariables"
      ? results.get(attributeKey(setting.name)) ?? "unanswered"
      : String(status16 ?? "unanswered");
    const status = outcome === "answered" ? said : silent;
    keepSetting(turn, exchange, { ...setting, status });
    if (status === "RebootRequired") goOnLater(turn, "device-model");
    if (status === "Accepted") keepValue(turn, { ...setting, status }, { mutability: "ReadWrite" });
  }
  checkSoon(turn);
}

/** What a restart was to change is read when the station is back. */
function readAfterRestart(turn: Turn, items: readonly StationItem[]): void {
  const variables = items.filter(({ body }) => body["status"] === "RebootRequired")
    .map(({ body }) => nameIn(body)).filter((name) => name !== undefined)
    .filter((name) => !isSecret(name)).slice(0, VARIABLES_MAX);
  const { quiet, registration } = turn.context.settings;
  if (variables.length === 0 || quiet || registration !== "Accepted") return;
  const isSent = orderCommand(turn, { kind: "get-variables", body: { variables } });
  if (!isSent) goOnLater(turn, "device-model");
}

function noteKeys(turn: Turn, { outcome, response, payload }: Exchange): void {
  if (outcome !== "answered") return;
  const { configurationKey, unknownKey } = response;
  const keys = Array.isArray(configurationKey) ? configurationKey.slice(0, ENTRIES_MAX) : [];
  for (const entry of keys) {
    if (!isObject(entry) || typeof entry["key"] !== "string") continue;
    const { key, value, readonly } = entry;
    keepValue(turn, {
      name: nameOfKey(key),
      status: "Accepted",
      value: typeof value === "string" ? value : null,
    }, { mutability: readonly === true ? "ReadOnly" : "ReadWrite" });
  }
  for (const key of Array.isArray(unknownKey) ? unknownKey.slice(0, ENTRIES_MAX) : []) {
    if (typeof key !== "string") continue;
    const name = nameOfKey(key);
    keepValue(turn, { name, status: "UnknownVariable", value: null });
  }
  const asked = payload["key"];
  const isWhole = !Array.isArray(asked) || asked.length === 0;
  if (isWhole) turn.keepItem("inventory", "keys", { at: turn.now, count: keys.length });
  checkSoon(turn);
}
