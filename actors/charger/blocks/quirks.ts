/**
 * What operators say of a station's quirks, and what the station shows by its answers: which
 * profiles it refuses, and in which form it takes a new AuthorizationKey.
 */
import { isObject } from "#schemas/command.ts";
import { formatInstant } from "#schemas/instant.ts";
import { quirkOf } from "#schemas/quirks/find.ts";
import { learnedKey, type StationItem } from "#schemas/station_items.ts";
import { learn, tellGateway } from "../quirks.ts";
import type { Turn } from "../turn.ts";
import { defineBlock, type Exchange } from "./block.ts";

/** What is said of one station ends up in its snapshot. */
const CHOICES_MAX = 8;

export const quirks = defineBlock({
  name: "quirks",
  orders: { reads: ["quirk"], heed },
  calls: {
    SetChargingProfile: { reads: ["quirk"], ended: noteProfile },
    ChangeConfiguration: { reads: ["quirk"], ended: noteKey },
  },
});

/** `{ quirk, is: "on" | "off" }`: the station has it, or has it not, whatever we thought. */
function heed(turn: Turn, order: unknown, items: readonly StationItem[]): void {
  const { quirk: id, is } = isObject(order) ? order : {};
  if (typeof id !== "string" || (is !== "on" && is !== "off")) {
    turn.refuse("malformed", "Cannot change a quirk: the order names none");
    return;
  }
  if (quirkOf(id) === undefined) changeLearned(turn, { id, is }, items);
  else choose(turn, id, is);
}

function choose(turn: Turn, id: string, is: "on" | "off"): void {
  const { on, off } = turn.context.quirks;
  const rest = { on: on.filter((other) => other !== id), off: off.filter((other) => other !== id) };
  if (rest.on.length + rest.off.length >= CHOICES_MAX) {
    turn.refuse("conflict", `Cannot change a quirk: ${CHOICES_MAX} of the station are set already`);
    return;
  }
  turn.set({ quirks: { ...rest, [is]: [...rest[is], id] } });
  turn.keepItem("quirk", id, { choice: is, at: formatInstant(turn.now) });
  tellGateway(turn);
  turn.reply({});
}

function changeLearned(
  turn: Turn,
  { id, is }: { readonly id: string; readonly is: "on" | "off" },
  items: readonly StationItem[],
): void {
  const item = items.find(({ key }) => key === id);
  if (item === undefined) {
    turn.refuse("not-found", `Cannot change the quirk ${id}: the station is not known for it`);
    return;
  }
  const dismissedAt = is === "off" ? formatInstant(turn.now) : null;
  turn.keepItem("quirk", id, { ...item.body, dismissedAt });
  turn.reply({});
}

/** Purposes of 1.6 in the words of 2.x. */
const purposes: ReadonlyMap<unknown, string> = new Map([
  ["ChargePointMaxProfile", "ChargingStationMaxProfile"],
]);

/** A profile that is accepted takes back that others of its kind were refused. */
function noteProfile(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const profile = exchange.payload["csChargingProfiles"] ?? exchange.payload["chargingProfile"];
  const status = exchange.outcome === "failed" ? exchange.errorCode : exchange.response["status"];
  if (!isObject(profile) || typeof status !== "string") return;
  const { chargingProfilePurpose, chargingSchedule, stackLevel } = profile;
  const schedule: unknown = Array.isArray(chargingSchedule)
    ? chargingSchedule[0]
    : chargingSchedule;
  const unit = isObject(schedule) ? schedule["chargingRateUnit"] : undefined;
  const purpose = purposes.get(chargingProfilePurpose) ?? chargingProfilePurpose;
  if (typeof purpose !== "string" || typeof unit !== "string") return;
  const key = learnedKey.profile(purpose.slice(0, 50), unit.slice(0, 10));
  if (status !== "Accepted") {
    const why = `SetChargingProfile of purpose ${purpose} in ${unit} at stack level ` +
      `${String(stackLevel)} was answered ${status}`;
    learn(turn, key, why, { purpose, unit, stackLevel: stackLevel ?? null, status });
  } else if (items.some((item) => item.key === key)) turn.keepItem("quirk", key, null);
}

/** Hex digits are tried first; when they are refused the next password goes as text. */
function noteKey(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  const { key } = exchange.payload;
  const { status } = exchange.response;
  if (typeof key !== "string" || key.toLowerCase() !== "authorizationkey") return;
  if (exchange.outcome !== "answered" || status !== "Rejected") return;
  const knows = items.some((item) =>
    item.key === learnedKey.authorizationKey || item.key === "authorization-key-text"
  );
  if (knows) return;
  const why = "ChangeConfiguration of AuthorizationKey in hex digits was Rejected";
  learn(turn, learnedKey.authorizationKey, why, { suggests: "authorization-key-text" });
}
