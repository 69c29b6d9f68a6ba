/** Block G: availability on three levels (OCPP 2.0.1 Part 2, G01, G03, G04 and G05). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { charging, closedSession, sessionCode } from "./charging.ts";

const code = [
  "schemas/ocpp201/commands.ts",
  "actors/charger/commands.ts",
  "actors/charger/connectors.ts",
];

interface Level {
  readonly body: Payload;
  readonly evse: Payload;
}

/** What is asked in REST, and what of it stands in the request. */
const levels: Readonly<Record<"evse" | "station" | "connector", Level>> = {
  evse: { body: { evseId: 1 }, evse: { evse: { id: 1 } } },
  station: { body: {}, evse: {} },
  connector: { body: { evseId: 1, connectorId: 1 }, evse: { evse: { id: 1, connectorId: 1 } } },
};

async function change(
  c: ConformanceRun,
  station: ScriptedStation,
  asked: { readonly level: Level; readonly operative: boolean; readonly status?: string },
): Promise<void> {
  const { level, operative, status = "Accepted" } = asked;
  const command = await c.command(station, "availability", { operative, ...level.body });
  const call = await station.expectCall("ChangeAvailability");
  c.equal("the change names exactly its level", call.payload, {
    operationalStatus: operative ? "Operative" : "Inoperative",
    ...level.evse,
  });
  call.answer({ status });
  await c.commandIs(command, { status: "accepted", response: { status } });
}

/** Both EVSEs report, where the whole station changed. */
async function reports(
  c: ConformanceRun,
  station: ScriptedStation,
  evseIds: readonly number[],
  status: string,
): Promise<void> {
  for (const evseId of evseIds) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    await c.status(station, evseId, status);
  }
  await c.stationIs(station, {
    evses: [1, 2].map((evseId) => ({
      evseId,
      connectors: [{
        connectorId: 1,
        status: evseIds.includes(evseId) ? status : "Available",
      }],
    })),
  });
}

const pairs = [
  { level: levels.evse, inoperative: "TC_G_03", operative: "TC_G_04", evseIds: [1] },
  { level: levels.station, inoperative: "TC_G_05", operative: "TC_G_06", evseIds: [1, 2] },
  { level: levels.connector, inoperative: "TC_G_07", operative: "TC_G_08", evseIds: [1] },
];

for (const { level, inoperative, operative, evseIds } of pairs) {
  conformanceCase({ version: "2.0.1", id: inoperative, in: code }, async (c) => {
    const station = await c.newStation({ evses: 2 });

    await change(c, station, { level, operative: false });
    await reports(c, station, evseIds, "Unavailable");

    const free = await c.rest.list(`/stations?available=true&search=${station.identity}`);
    c.equal(
      "it is offered to drivers only while a connector is available",
      free.length,
      evseIds.length === 2 ? 0 : 1,
    );
  });

  conformanceCase({ version: "2.0.1", id: operative, in: code }, async (c) => {
    const station = await c.newStation({ evses: 2 });
    await reports(c, station, evseIds, "Unavailable");

    await change(c, station, { level, operative: true });

    await reports(c, station, evseIds, "Available");
    const free = await c.rest.list(`/stations?available=true&search=${station.identity}`);
    c.equal("it is offered to drivers", free.length, 1);
  });
}

const duringTransaction = [
  { id: "TC_G_11", level: levels.evse },
  { id: "TC_G_14", level: levels.station },
  { id: "TC_G_17", level: levels.connector },
];

for (const { id, level } of duringTransaction) {
  conformanceCase({ version: "2.0.1", id, in: [...code, ...sessionCode] }, async (c) => {
    const ongoing = await charging(c);
    const { station, transaction } = ongoing;

    await change(c, station, { level, operative: false, status: "Scheduled" });

    await c.sessionIs(station, { status: "open", state: "Charging" });
    await transaction.ended("EVCommunicationLost", { stoppedReason: "EVDisconnected", wh: 1_600 });
    await c.status(station, 1, "Unavailable");
    await c.sessionIs(station, closedSession(ongoing, "EVDisconnected", 1_600));
    await c.stationIs(station, {
      openSessions: [],
      evses: [{ evseId: 1, connectors: [{ status: "Unavailable" }] }],
    });
  });
}

conformanceCase(
  { version: "2.0.1", id: "TC_G_20", in: ["schemas/ocpp201/notify_event.ts"] },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("NotifyEvent", {
      generatedAt: new Date().toISOString(),
      seqNo: 0,
      tbc: false,
      eventData: [{
        eventId: 1,
        timestamp: new Date().toISOString(),
        trigger: "Alerting",
        actualValue: "true",
        eventNotificationType: "HardWiredNotification",
        component: { name: "ConnectorPlugRetentionLock", evse: { id: 1, connectorId: 1 } },
        variable: { name: "Problem" },
      }],
    });

    c.equal("the event is answered", answer, {});
    await c.stationIs(station, { presence: { connected: true } });
  },
);
