/** Reachability: which socket is the station's, and since when there is none (design rule 1.7). */
import { LATE_RING_MS } from "#actors/turn.ts";
import type { GatewayOrder } from "#schemas/events/gateway.ts";
import { findAlert, openAlert, settleAlert } from "./alerts.ts";
import { announceStation } from "./announcements.ts";
import { resumeBlocks } from "./blocks/mod.ts";
import { noteUsedPassword } from "./blocks/passwords.ts";
import { doubtSent } from "./command_answers.ts";
import { sendQueued } from "./commands.ts";
import type { ChargerContext, ChargerEvent, Link } from "./context.ts";
import { grantedReply } from "./quirks.ts";
import { forgetRivalry, noteTurn, takesTurn } from "./rivals.ts";
import {
  isSameSocket,
  isSuperseded,
  replacedSocket,
  withNewestClosed,
  withSocket,
} from "./sockets.ts";
import { rule, type Turn } from "./turn.ts";

/** Used for what was journalled before there was a setting. */
const OFFLINE_ALERT_MINUTES = 5;
const REPLACED = "Replaced by a newer connection";
/** Codes of our own (RFC 6455, 7.4.2), for those who read the station's log. */
const CLOSE_REPLACED = 4_001;
const CLOSE_REMOVED = 4_002;
const CLOSE_OTHER_STATION = 1_008;

/**
 * The newest socket wins and the one before is told to close: a station that lost its network comes
 * back long before we notice that its old socket is dead. A socket that is announced again comes
 * here only when its epoch does not hold any more.
 */
export const openSocket = rule(["socket.opened"], (turn, event) => {
  const { context } = turn;
  const old = context.link;
  if (isSuperseded(context, event)) {
    turn.refuse("conflict", "Cannot open the socket: a newer one of the station is known");
    return;
  }
  const connections = context.connections + 1;
  const isSame = isSameSocket(context, event);
  const isRival = !isSame && takesTurn(context, event);
  const epoch = `${String(turn.inputs["epoch"])}.${connections}`;
  const sockets = withSocket(context.sockets, event, { epoch, isSame, isRival });
  const link: Link = {
    gateway: event.gateway,
    protocol: event.protocol,
    epoch,
    openedAt: isSame ? old?.openedAt ?? sockets[0]?.openedAt ?? turn.now : turn.now,
    commonName: event.commonName ?? null,
    hasBooted: isSame && old?.hasBooted === true,
  };
  turn.show({ link, sockets, connections, protocol: event.protocol, lastSeenAt: turn.now });
  turn.reply(grantedReply(turn.context, epoch));
  if (isRival) noteTurn(turn);
  if (!isSame && event.password !== undefined) noteUsedPassword(turn, event.password);
  if (old === null) {
    turn.disarm("offline");
    settleAlert(turn, "offline");
    turn.set({ clock: { ...context.clock, lateInARow: 0 } });
    announceStation(turn, "charger.connected");
  } else if (!isSame) {
    orderClose(turn, old, REPLACED);
    doubtSent(turn);
    announceStation(turn, "charger.moved");
  }
  sendQueued(turn, context.protocol);
  resumeBlocks(turn);
});

/** The socket is gone: what was sent and not answered is in doubt, the sessions go on. */
export const loseSocket = rule(["socket.closed", "socket.absent", "gateway.lost"], (turn) => {
  turn.show({ link: null, sockets: withNewestClosed(turn.context.sockets, turn.now) });
  turn.reply({});
  doubtSent(turn);
  turn.arm("offline", turn.now + offlineAlertMinutes(turn) * 60_000);
  announceStation(turn, "charger.disconnected");
});

/** The station has been away for long; time in which we were not listening does not count. */
export const noteOffline = rule(["alarm.offline"], (turn, event) => {
  const minutes = offlineAlertMinutes(turn);
  if (turn.now - event.due > LATE_RING_MS) {
    turn.arm("offline", turn.now + minutes * 60_000);
    return;
  }
  openAlert(turn, "offline", `Not connected for ${minutes} minutes`);
});

/** A station may be away that long before it is an alert. */
function offlineAlertMinutes({ inputs }: Turn): number {
  return Number(inputs["offlineAlertMinutes"] ?? OFFLINE_ALERT_MINUTES);
}

/** A station that does nothing but beat shows that it is there. */
export const noteBeat = rule(["Heartbeat"], (turn) => {
  turn.show({ lastSeenAt: turn.now });
  turn.reply({ currentTime: turn.now });
});

/**
 * Orders get lost: a socket that was replaced and still speaks is told to close once more. Its
 * station would believe to be connected, and would be shown as gone.
 */
export function closeReplaced(turn: Turn, event: ChargerEvent): void {
  const replaced = replacedSocket(turn.context, event);
  if (replaced !== undefined) orderClose(turn, replaced, REPLACED);
}

/** Rule B4: a certificate names one station; another one that boots with it is cut off. */
export function isOtherStation({ link }: ChargerContext, serialNumber: string | null): boolean {
  const commonName = link?.commonName ?? null;
  return commonName !== null && commonName !== serialNumber;
}

export function cutOff(turn: Turn): void {
  const { link } = turn.context;
  const reason = "The serial number is not the certificate's";
  if (link !== null) orderClose(turn, link, reason, CLOSE_OTHER_STATION);
}

/** Closes the socket of a station that is removed. */
export function dropSocket(turn: Turn): void {
  const { link } = turn.context;
  if (link !== null) orderClose(turn, link, "The station was removed", CLOSE_REMOVED);
  turn.disarm("offline");
  forgetRivalry(turn);
  if (findAlert(turn.context, "offline") !== undefined) settleAlert(turn, "offline");
}

function orderClose(
  turn: Turn,
  link: Pick<Link, "epoch" | "gateway">,
  reason: string,
  code: number = CLOSE_REPLACED,
): void {
  const order: GatewayOrder = {
    order: "close",
    tenant: turn.context.tenant,
    identity: turn.context.stationId,
    epoch: link.epoch,
    code,
    reason,
  };
  turn.send(`gateway.${link.gateway}`, order);
}
