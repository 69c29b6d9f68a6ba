/** The newest sockets of a station: which of them counts, and what is old news. */
import { isNamedBefore, isNewer } from "#schemas/socket_names.ts";
import type { ChargerContext, ChargerEvent, EventOf, SocketRecord } from "./context.ts";

/** The current one, the one before, and one more that tells whether they take turns. */
const SOCKETS_MAX = 3;
/** Names end up in snapshots: a gateway's are shorter. */
const TEXT_MAX = 64;

type Opened = EventOf<"socket.opened">;

/**
 * Whether this socket is the current one already: nothing is to be done. What opened or announced
 * it may be delivered once more.
 */
export function isGrantedAlready(context: ChargerContext, event: Opened): boolean {
  const { link, sockets: [newest] } = context;
  if (link === null) return false;
  if (isNamed(newest, event)) return newest?.epoch === link.epoch;
  return event.again && event.epoch === link.epoch && event.gateway === link.gateway;
}

/** Whether a newer socket of the station is known, or this one's end. */
export function isSuperseded(context: ChargerContext, event: Opened): boolean {
  const { link, sockets: [newest, ...older] } = context;
  if (older.some((socket) => isNamed(socket, event))) return true;
  if (!event.again) return link === null && isNamed(newest, event);
  if (isNamed(newest, event)) return false;
  if (event.epoch === undefined) return link !== null && link.gateway !== event.gateway;
  return isNewer(link?.epoch ?? newest?.epoch ?? "", event.epoch);
}

/** Whether the newest known socket is announced again, whatever we thought of it. */
export function isSameSocket({ link, sockets: [newest] }: ChargerContext, event: Opened): boolean {
  if (!event.again) return false;
  if (isNamed(newest, event) || newest?.epoch === event.epoch) return true;
  return event.socket === undefined && link !== null;
}

function isNamed(socket: SocketRecord | undefined, { gateway, socket: name }: Opened): boolean {
  return socket !== undefined && name !== undefined && socket.socket === name &&
    socket.gateway === gateway;
}

/** The socket that brought the message, when a newer one has replaced it. */
export function replacedSocket(
  { sockets: [_newest, ...older] }: ChargerContext,
  event: { readonly type: string; readonly epoch?: string },
): SocketRecord | undefined {
  return "receivedAt" in event ? older.find(({ epoch }) => epoch === event.epoch) : undefined;
}

/** The sockets with a new one, or with the newest as it is now. */
export function withSocket(
  sockets: readonly SocketRecord[],
  event: Opened,
  granted: { readonly epoch: string; readonly isSame: boolean; readonly isRival: boolean },
): readonly SocketRecord[] {
  const [newest, ...older] = sockets;
  const { epoch, isSame, isRival } = granted;
  if (isSame && newest !== undefined) return [{ ...newest, epoch, closedAt: null }, ...older];
  const socket: SocketRecord = {
    socket: (event.socket ?? "").slice(0, TEXT_MAX),
    gateway: event.gateway,
    epoch,
    address: event.remoteAddress.slice(0, TEXT_MAX),
    openedAt: event.now,
    closedAt: null,
    serialNumber: null,
    isRival,
  };
  const closed = newest === undefined || newest.closedAt !== null
    ? sockets
    : [{ ...newest, closedAt: event.now }, ...older];
  return [socket, ...closed].slice(0, SOCKETS_MAX);
}

/** The same with the newest closed. */
export function withNewestClosed(
  sockets: readonly SocketRecord[],
  at: number,
): readonly SocketRecord[] {
  const [newest, ...older] = sockets;
  return newest === undefined ? sockets : [{ ...newest, closedAt: at }, ...older];
}

/**
 * Whether this is news of the socket that counts; an older one's end says nothing (peers, row 10).
 */
export function isOfCurrentSocket(
  { link, sockets: [newest] }: ChargerContext,
  event: ChargerEvent | EventOf<"socket.closed" | "socket.absent" | "gateway.lost">,
): boolean {
  if (link === null) return false;
  switch (event.type) {
    case "socket.closed": {
      if (event.epoch === link.epoch) return true;
      const { socket } = event;
      return socket !== undefined && newest?.epoch === link.epoch && newest.socket === socket;
    }
    case "socket.absent":
      if (event.gateway !== link.gateway) return false;
      return newest?.epoch !== link.epoch || isNamedBefore(newest.socket, event.before);
    default:
      return event.type === "gateway.lost" && event.gateway === link.gateway &&
        (event.epoch === undefined || event.epoch === link.epoch);
  }
}
