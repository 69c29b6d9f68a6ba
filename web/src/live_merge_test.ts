import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { type LiveEvent, readLiveEvent } from "./live_feed.ts";
import {
  mergeOpenSessions,
  mergeSession,
  mergeSessions,
  powerByStation,
  replaceIn,
  sessionAt,
  stationsIn,
} from "./live_merge.ts";
import type { Session, Station } from "./shapes.ts";

function event(name: string, body: Readonly<Record<string, unknown>>): LiveEvent {
  const [kind = "", what = ""] = name.split(".");
  return { id: "1", kind, event: what, body };
}

const session: Session = {
  id: "CP1~1",
  stationId: "CP1",
  evseId: 1,
  connectorId: null,
  token: { uid: "TAG", type: "ISO14443" },
  transactionId: "7",
  startedAt: "2026-11-22T12:00:00Z",
  endedAt: null,
  meterStartWh: 100,
  meterStopWh: null,
  energyWh: 0,
  cost: null,
  stopReason: null,
  status: "open",
  state: "Charging",
  billable: true,
  annotation: null,
  flags: [],
};
const started = event("session.started", { ...session });
const metered = event("session.metered", {
  id: "CP1~1",
  stationId: "CP1",
  energyWh: 50,
  powerW: 7_000,
});
const ended = event("session.ended", { ...session, status: "closed", energyWh: 60 });

function station(id: string, status: string): Station {
  return {
    id,
    securityProfile: 0,
    locationId: null,
    tags: [],
    quiet: false,
    registration: "Accepted",
    heartbeatIntervalSeconds: 300,
    bootRetrySeconds: null,
    authorisationRequired: true,
    createdAt: "2026-11-22T12:00:00Z",
    presence: {
      connected: true,
      protocol: "ocpp1.6",
      lastSeenAt: null,
      gateway: "g1",
      connectedAt: null,
      sockets: [],
    },
    boot: { vendor: null, model: null, serialNumber: null, firmwareVersion: null },
    evses: [{ evseId: 1, connectors: [{ connectorId: 1, status, reportedAt: "" }] }],
    openSessions: [],
  };
}

test("a station event replaces the station, and only the newest one counts", () => {
  const changed = stationsIn([
    event("charger.statusChanged", { ...station("CP1", "Preparing") }),
    event("charger.statusChanged", { ...station("CP1", "Charging") }),
    event("charger.connected", { id: "CP2" }),
  ]);
  deepEqual([...changed.keys()], ["CP1"]);
  const list = [station("CP0", "Available"), station("CP1", "Available")];
  const after = replaceIn(list, changed);
  equal(after[0], list[0]);
  equal(after[1]?.evses[0]?.connectors[0]?.status, "Charging");
});

test("a list that no event touches stays the very same, so that nothing renders", () => {
  const list = [station("CP0", "Available")];
  equal(replaceIn(list, stationsIn([event("charger.changed", { ...station("CP1", "x") })])), list);
  const sessions = [session];
  equal(mergeSessions(sessions, [event("session.started", { id: "CP9~1" })]), sessions);
  const open = new Map([[session.id, session]]);
  equal(mergeOpenSessions(open, [event("charger.changed", { id: "CP1" })]), open);
});

test("readings merge into a session, stay over a whole description, and end with it", () => {
  const after = mergeSession(session, [metered]);
  deepEqual([after.energyWh, after.powerW, after.stationId], [50, 7_000, "CP1"]);
  equal(mergeSession(after, [started]).powerW, 7_000);
  const over = mergeSession(after, [ended]);
  deepEqual([over.status, over.energyWh, over.powerW], ["closed", 60, null]);
});

test("sessions that start join the open ones, those that end leave", () => {
  let open = mergeOpenSessions(new Map(), [started, metered]);
  equal(open.get("CP1~1")?.powerW, 7_000);
  open = mergeOpenSessions(open, [ended]);
  equal(open.size, 0);
});

test("readings of an unknown session do not make one", () => {
  equal(mergeOpenSessions(new Map(), [metered]).size, 0);
});

test("power adds up per station; without a reading there is none", () => {
  const second = { ...session, id: "CP1~2", powerW: 3_000 };
  const power = powerByStation([{ ...session, powerW: 7_000 }, second, {
    ...session,
    stationId: "CP2",
  }]);
  deepEqual([...power], [["CP1", 10_000]]);
});

test("a session without a connector counts for its whole EVSE", () => {
  equal(sessionAt([session], 1, 2), session);
  equal(sessionAt([{ ...session, connectorId: 1 }], 1, 2), undefined);
  equal(sessionAt([{ ...session, status: "closed" }], 1, 1), undefined);
});

test("only named facts with an object are events", () => {
  ok(readLiveEvent({ id: "1", event: "session.started", data: "{}" }) !== undefined);
  equal(readLiveEvent({ id: "1", event: "reset", data: "{}" }), undefined);
  equal(readLiveEvent({ id: "1", event: "session.started", data: "[]" }), undefined);
  equal(readLiveEvent({ id: "1", event: "session.started", data: "{" }), undefined);
});
