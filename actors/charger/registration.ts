/** What operators set for a station, and what it hears when it boots (rules B1 to B5). */
import { keepNewest } from "#actors/turn.ts";
import { stableHash } from "#schemas/address.ts";
import type { StationRegistered, StationSettings } from "#schemas/events/charger.ts";
import { openAlert, resolveAll, settleAlert } from "./alerts.ts";
import { announceStation, steppedStation } from "./announcements.ts";
import { cancelAll, settleResets } from "./command_answers.ts";
import { sendOwnCall } from "./commands.ts";
import { checkSoon } from "./configuration.ts";
import { type BootRecord, type ChargerContext, newCharger, settingsDefault } from "./context.ts";
import { askInventory, isSameBuild } from "./inventory.ts";
import { cutOff, dropSocket, isOtherStation } from "./presence.ts";
import { noteSerial } from "./rivals.ts";
import { closeStale } from "./sessions.ts";
import { rule, type Turn } from "./turn.ts";

/**
 * How long a station that is not accepted waits before it boots again (rule B3): at least so long,
 * and spread over so much more, so that thousands do not come back at once.
 */
export const RETRY_LEAST_S = 60;
export const RETRY_SPREAD_S = 60;
/** That many boots in that time are a loop. */
export const LOOP_BOOTS = 5;
export const LOOP_WINDOW_MS = 10 * 60_000;

/** Creates a station, or takes new settings over. The chart has refused what may not be. */
export const changeSettings = rule(
  ["station.register", "station.import", "station.change"],
  (turn, event) => {
    const { context } = turn;
    const isNew = context.createdAt === null;
    // An import replaces, a change merges.
    const before = event.type === "station.change" ? context.settings : settingsDefault;
    const settings: StationSettings = { ...before, ...event.settings };
    turn.show({
      settings,
      createdAt: context.createdAt ?? turn.now,
      ...(event.password === undefined ? {} : {
        passwords: event.password === null ? [] : [event.password],
      }),
    });
    const station = steppedStation(turn.context);
    // Templates are chosen by tags.
    if (!isNew && settings.tags.join("\n") !== context.settings.tags.join("\n")) checkSoon(turn);
    const reply: StationRegistered = { created: isNew, station };
    turn.reply(reply);
    announceStation(turn, "charger.changed");
    if (!isNew && context.settings.registration === "Pending") askForBoot(turn);
  },
);

/**
 * A Pending station that an operator accepts learns of it by its next boot: it is asked for one at
 * once (OCPP 2.0.1 Part 2, B02; OCPP 1.6J, 4.2). A Rejected one is sent nothing (rule B2).
 */
function askForBoot(turn: Turn): void {
  const { settings, link } = turn.context;
  if (settings.registration !== "Accepted" || settings.quiet || link === null) return;
  const payload = { requestedMessage: "BootNotification" };
  sendOwnCall(turn, { action: "TriggerMessage", payload });
}

/** An unknown station that may register itself: profile 0, all else by default. */
export const registerItself = rule(["socket.opened"], (turn) => {
  turn.show({ createdAt: turn.now, settings: settingsDefault });
  announceStation(turn, "charger.changed");
});

/** Ends the station. Its session and alert numbers are never given again, should it come back. */
export const removeStation = rule(["station.remove"], (turn) => {
  const { context } = turn;
  closeStale(turn);
  cancelAll(turn);
  dropSocket(turn);
  resolveAll(turn);
  const { tenant, stationId, key } = context;
  turn.show({
    ...newCharger(tenant, stationId, key),
    counts: turn.context.counts,
    connections: context.connections,
    closed: turn.context.closed,
  });
  turn.reply({});
  turn.announce("charger.changed", { id: stationId, stationId, removed: true });
});

/** The answer is the setting; what it says of the station is kept whatever the answer (rule B3). */
export const noteBoot = rule(["BootNotification"], (turn, event) => {
  const { context } = turn;
  const { settings } = context;
  if (isOtherStation(context, event.serialNumber)) {
    cutOff(turn);
    turn.refuse("forbidden", "Cannot accept the boot: the certificate is another station's");
    return;
  }
  const boot: BootRecord = {
    vendor: event.vendor,
    model: event.model,
    serialNumber: event.serialNumber,
    firmwareVersion: event.firmwareVersion,
  };
  turn.show({
    boot,
    lastSeenAt: turn.now,
    link: context.link === null ? null : { ...context.link, hasBooted: true },
  });
  noteSerial(turn, event.serialNumber);
  turn.reply(bootReply(context, turn.now));
  announceStation(turn, "charger.booted");
  if (settings.registration !== "Accepted") return;
  settleResets(turn);
  watchBootLoop(turn);
  if (!isSameBuild(context.boot, boot)) askInventory(turn);
});

export function bootReply({ settings, key }: ChargerContext, now: number): unknown {
  const { registration, heartbeatIntervalSeconds, bootRetrySeconds } = settings;
  return {
    status: registration,
    currentTime: now,
    interval: registration === "Accepted"
      ? heartbeatIntervalSeconds
      : bootRetrySeconds ?? spreadRetrySeconds(key),
  };
}

/** The same for a station each time. */
export function spreadRetrySeconds(key: string): number {
  return RETRY_LEAST_S + stableHash(key) % RETRY_SPREAD_S;
}

function watchBootLoop(turn: Turn): void {
  const bootTimes = keepNewest(turn.context.bootTimes, turn.now, LOOP_BOOTS);
  turn.set({ bootTimes });
  const [oldest] = bootTimes;
  const isLoop = oldest !== undefined && bootTimes.length === LOOP_BOOTS &&
    turn.now - oldest <= LOOP_WINDOW_MS;
  if (isLoop) {
    openAlert(turn, "bootLoop", `${LOOP_BOOTS} boots within ${LOOP_WINDOW_MS / 60_000} minutes`);
  } else settleAlert(turn, "bootLoop");
}
