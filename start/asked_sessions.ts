/** What stations say of the sessions that the platform holds for open. */
import type { PlatformRest, SessionView } from "#loadtest/platform_rest.ts";
import { waitUntil } from "./waiting.ts";

export interface AskedSession {
  readonly id: string;
  readonly stationId: string;
  readonly answer: "goes on" | "has ended" | "cannot be asked";
}

type Rest = Pick<PlatformRest, "json" | "list">;

interface StationView {
  readonly presence: { readonly connected: boolean; readonly protocol: string | null };
  readonly evses: readonly {
    readonly evseId: number;
    readonly connectors: readonly { readonly status: string; readonly reportedAt: string }[];
  }[];
}

interface CallView {
  readonly status: string;
  readonly response?: Readonly<Record<string, unknown>>;
}

/** A station that was told to report does so within seconds. */
const reportMsMax = 5_000;
/** What a 1.6 station says of a connector while a transaction runs on it. */
const chargingWords = new Set(["Charging", "SuspendedEV", "SuspendedEVSE"]);
const askedAtOnce = 16;

/** Asks for every open session; one that cannot be asked keeps nobody waiting. */
export async function askedSessions(rest: Rest): Promise<readonly AskedSession[]> {
  const open = await rest.list<SessionView>("/api/v1/sessions", "status=open");
  const asked: AskedSession[] = [];
  for (let first = 0; first < open.length; first += askedAtOnce) {
    const some = open.slice(first, first + askedAtOnce);
    // deno-lint-ignore no-await-in-loop -- bounded: sixteen stations at a time
    asked.push(...await Promise.all(some.map((session) => asking(rest, session))));
  }
  return asked;
}

/** Closing is by station: none of its sessions may go on, and each must have been asked for. */
export function closableStations(asked: readonly AskedSession[]): readonly string[] {
  const byStation = Map.groupBy(asked, ({ stationId }) => stationId);
  return [...byStation].filter(([, all]) => all.every(({ answer }) => answer === "has ended"))
    .map(([stationId]) => stationId);
}

async function asking(rest: Rest, session: SessionView): Promise<AskedSession> {
  const { id, stationId } = session;
  const goesOn = await isGoingOn(rest, session).catch(() => undefined);
  const answer = goesOn === undefined ? "cannot be asked" : goesOn ? "goes on" : "has ended";
  return { id, stationId, answer };
}

async function isGoingOn(rest: Rest, session: SessionView): Promise<boolean | undefined> {
  const path = `/api/v1/stations/${encodeURIComponent(session.stationId)}`;
  const station = await rest.json<StationView>("GET", path);
  if (!station.presence.connected) return undefined;
  if (station.presence.protocol === "ocpp1.6") return await reportsCharging(rest, path, session);
  const payload = { transactionId: session.transactionId };
  const called = await call(rest, path, { action: "GetTransactionStatus", payload });
  const indicator = called.response?.["ongoingIndicator"];
  return typeof indicator === "boolean" ? indicator : undefined;
}

/**
 * 1.6 has no question for a transaction: the connector is asked for its status instead. A status
 * that is the same as before is not stored again; so a silence after the station's consent means
 * that nothing has changed: believed for a session that goes on, and not for one that ended.
 */
async function reportsCharging(
  rest: Rest,
  path: string,
  { evseId }: SessionView,
): Promise<boolean | undefined> {
  if (evseId === null) return undefined;
  const before = connectorOf(await rest.json<StationView>("GET", path), evseId);
  const payload = { requestedMessage: "StatusNotification", connectorId: evseId };
  const called = await call(rest, path, { action: "TriggerMessage", payload });
  if (called.response?.["status"] !== "Accepted") return undefined;
  let now = before;
  const isReported = await waitUntil(async () => {
    now = connectorOf(await rest.json<StationView>("GET", path), evseId);
    return now !== undefined && now.reportedAt !== before?.reportedAt;
  }, { timeoutMs: reportMsMax, everyMs: 100 });
  if (now === undefined) return undefined;
  return chargingWords.has(now.status) || (isReported ? false : undefined);
}

function connectorOf(
  station: StationView,
  evseId: number,
): StationView["evses"][number]["connectors"][number] | undefined {
  return station.evses.find((evse) => evse.evseId === evseId)?.connectors[0];
}

function call(
  rest: Rest,
  path: string,
  body: { readonly action: string; readonly payload: unknown },
): Promise<CallView> {
  return rest.json<CallView>("POST", `${path}/calls`, { ...body, timeoutSeconds: 10 });
}
