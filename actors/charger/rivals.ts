/**
 * Two devices with one identity: each connects and the other's socket is closed, again and again. A
 * station that lost its network replaces its own socket, too, but the sockets do not come back to
 * where the one before the last came from.
 */
import { openAlert, settleAlert } from "./alerts.ts";
import type { ChargerContext, EventOf, Rivalry, SocketRecord } from "./context.ts";
import { rule, type Turn } from "./turn.ts";

/** So many turns are two devices, and so many may pass before whoever wants in has to wait. */
export const RIVAL_TURNS = 3;
const FREE_TURNS = 2;
/** Without a turn for so long it is over. Longer than the longest wait, or it would never be seen. */
export const RIVALS_CALM_MS = 10 * 60_000;
const WAIT_MS_MAX = 5 * 60_000;

/** Whether a new socket takes the identity back from another device, as its address tells. */
export function takesTurn(context: ChargerContext, event: EventOf<"socket.opened">): boolean {
  const { link, sockets: [newest, before] } = context;
  if (link === null || newest === undefined || before === undefined) return false;
  const { remoteAddress } = event;
  return before.address === remoteAddress && newest.address !== remoteAddress;
}

/** One more turn: an alert when there were several, and a longer wait for the next. */
export function noteTurn(turn: Turn): void {
  const before = current(turn.context.rivalry, turn.now);
  const rivalry = { turns: (before?.turns ?? 0) + 1, lastAt: turn.now };
  turn.set({ rivalry });
  turn.arm("rivals", turn.now + RIVALS_CALM_MS);
  if (rivalry.turns >= RIVAL_TURNS) openAlert(turn, "duplicateIdentity", wording(turn.context));
}

/**
 * The serial number of a boot is better evidence than addresses: another one is another device even
 * behind the same address, the same one is the same device even if it moves to and fro.
 */
export function noteSerial(turn: Turn, serialNumber: string | null): void {
  const { link, sockets, rivalry } = turn.context;
  const [newest, ...older] = sockets;
  if (link === null || serialNumber === null || newest?.epoch !== link.epoch) return;
  if (newest.serialNumber === serialNumber) return;
  const before = older.find((socket) => socket.serialNumber !== null);
  const isOther = before !== undefined && before.serialNumber !== serialNumber &&
    wasReplaced(before, older, newest);
  const isSame = before !== undefined && before.serialNumber === serialNumber;
  const isRival = isOther || (newest.isRival && !(isSame && before === older[0]));
  turn.show({ sockets: [{ ...newest, serialNumber, isRival }, ...older] });
  if (isRival && !newest.isRival) noteTurn(turn);
  else if (!isRival && newest.isRival && rivalry !== null) {
    turn.set({ rivalry: { ...rivalry, turns: Math.max(0, rivalry.turns - 1) } });
  }
}

/** Closed only because the newest came: by then it was the current one. */
function wasReplaced(
  before: SocketRecord,
  older: readonly SocketRecord[],
  newest: SocketRecord,
): boolean {
  return before === older[0] && before.closedAt === newest.openedAt;
}

/** It has been calm for long. */
export const endRivalry = rule(["alarm.rivals"], (turn) => {
  turn.set({ rivalry: null });
  settleAlert(turn, "duplicateIdentity");
});

/** The station is removed. */
export function forgetRivalry(turn: Turn): void {
  if (turn.context.rivalry !== null) turn.disarm("rivals");
}

/**
 * How long whoever asks from this address has to wait, in whole seconds; 0 = not at all. The
 * present holder's own address does not wait, unless both devices come from it.
 */
export function rivalWaitSeconds(
  context: ChargerContext,
  remoteAddress: string | undefined,
  now: number,
): number {
  const { link, sockets: [newest, before] } = context;
  const rivalry = current(context.rivalry, now);
  if (rivalry === null || link === null || rivalry.turns < FREE_TURNS) return 0;
  const isHolder = newest?.address === remoteAddress && before?.address !== remoteAddress;
  if (isHolder) return 0;
  const waitMs = Math.min(1_000 * 2 ** rivalry.turns, WAIT_MS_MAX);
  return Math.max(0, Math.ceil((rivalry.lastAt + waitMs - now) / 1_000));
}

function current(rivalry: Rivalry | null, now: number): Rivalry | null {
  return rivalry !== null && now - rivalry.lastAt < RIVALS_CALM_MS ? rivalry : null;
}

function wording({ sockets: [newest, before] }: ChargerContext): string {
  const devices = [newest, before].map((socket) => {
    const serial = socket?.serialNumber ?? null;
    return `${socket?.address ?? "?"}${serial === null ? "" : ` (${serial})`}`;
  });
  return `Two devices take turns: ${devices.join(" and ")}`;
}
