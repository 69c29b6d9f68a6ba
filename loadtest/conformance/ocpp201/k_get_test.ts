/** Block K: what a station holds, and what that comes to (OCPP 2.0.1 Part 2, K08 and K09). */
import { conformanceCase } from "../conformance_case.ts";
import { idsAre, profile, profileCode, setProfile } from "../profile_words.ts";

const code = [...profileCode, "actors/charger/blocks/charging_profiles_reported.ts"];

interface Question {
  readonly id: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** As it must be on the wire beside the request's number. */
  readonly wire: Readonly<Record<string, unknown>>;
}

const purpose = { chargingProfilePurpose: "TxDefaultProfile" };

const questions: readonly Question[] = [
  {
    id: "TC_K_29",
    body: { evseId: 0, purpose: "TxDefaultProfile" },
    wire: { evseId: 0, chargingProfile: purpose },
  },
  {
    id: "TC_K_30",
    body: { evseId: 1, purpose: "TxDefaultProfile" },
    wire: { evseId: 1, chargingProfile: purpose },
  },
  { id: "TC_K_31", body: { purpose: "TxDefaultProfile" }, wire: { chargingProfile: purpose } },
  {
    id: "TC_K_32",
    body: { chargingProfileIds: [7_001, 7_002] },
    wire: { chargingProfile: { chargingProfileId: [7_001, 7_002] } },
  },
  {
    id: "TC_K_33",
    body: { evseId: 1, stackLevel: 0 },
    wire: { evseId: 1, chargingProfile: { stackLevel: 0 } },
  },
  {
    id: "TC_K_34",
    body: { evseId: 1, chargingLimitSources: ["CSO"] },
    wire: { evseId: 1, chargingProfile: { chargingLimitSource: ["CSO"] } },
  },
  {
    id: "TC_K_35",
    body: { evseId: 1, purpose: "TxDefaultProfile" },
    wire: { evseId: 1, chargingProfile: purpose },
  },
  {
    id: "TC_K_36",
    body: { evseId: 1, purpose: "TxDefaultProfile", stackLevel: 0 },
    wire: { evseId: 1, chargingProfile: { ...purpose, stackLevel: 0 } },
  },
];

for (const { id, body, wire } of questions) {
  conformanceCase({ version: "2.0.1", id, in: code }, async (c) => {
    const station = await c.newStation();
    const command = await c.command(station, "get-charging-profiles", body);
    const call = await station.expectCall("GetChargingProfiles");
    const { requestId, ...rest } = call.payload;
    c.equal("the question names exactly these filters", rest, wire);
    c.ok("and a number", typeof requestId === "number");
    call.answer({ status: "Accepted" });
    await c.commandIs(command, { status: "accepted" });
    const evseId = wire["evseId"] ?? 1;
    const reports = [profile({ id: 7_001 }), profile({ id: 7_002, stackLevel: 1 })];
    const answer = await station.call("ReportChargingProfiles", {
      requestId,
      chargingLimitSource: "CSO",
      tbc: true,
      evseId,
      chargingProfile: [reports[0]],
    });
    c.equal("the first part is answered", answer, {});
    await idsAre(c, station, "confirmed", []);
    await station.call("ReportChargingProfiles", {
      requestId,
      chargingLimitSource: "CSO",
      evseId,
      chargingProfile: [reports[1]],
    });
    const { confirmed } = await idsAre(c, station, "confirmed", [7_001, 7_002]);
    c.match("both parts are confirmed as they were reported", confirmed, [
      { evseId, source: "CSO", chargingProfile: reports[0] },
      { evseId, source: "CSO", chargingProfile: reports[1] },
    ]);
  });
}

conformanceCase({ version: "2.0.1", id: "TC_K_43", in: code }, async (c) => {
  const station = await c.newStation();
  await setProfile(c, station, { evseId: 1, chargingProfile: profile() });
  const command = await c.command(station, "get-composite-schedule", {
    evseId: 1,
    durationSeconds: 300,
    unit: "A",
  });
  const call = await station.expectCall("GetCompositeSchedule");
  c.equal("the question names EVSE, duration and unit", call.payload, {
    duration: 300,
    chargingRateUnit: "A",
    evseId: 1,
  });
  call.answer({
    status: "Accepted",
    schedule: {
      evseId: 1,
      duration: 300,
      scheduleStart: new Date().toISOString(),
      chargingRateUnit: "A",
      chargingSchedulePeriod: [{ startPeriod: 0, limit: 6, numberPhases: 1 }],
    },
  });
  await c.commandIs(command, { status: "accepted" });
  await c.eventually("the station's schedule is shown beside ours, which is the same", async () => {
    const path = `/stations/${station.identity}/charging-profiles`;
    const { body } = await c.rest.get<{ answered: readonly unknown[] }>(path);
    c.match("the answer", body.answered, [{
      evseId: 1,
      unit: "A",
      periods: [{ startPeriod: 0, limit: 6 }],
      computed: [{ startPeriod: 0, limit: 6 }],
      differences: [],
    }]);
  });
});

conformanceCase({ version: "2.0.1", id: "TC_K_44", in: code }, async (c) => {
  const station = await c.newStation();
  const command = await c.command(station, "get-composite-schedule", {
    evseId: 0,
    durationSeconds: 300,
  });
  const call = await station.expectCall("GetCompositeSchedule");
  c.equal("the question is for the whole station", call.payload, { duration: 300, evseId: 0 });
  call.answer({ status: "Rejected" });
  await c.commandIs(command, { status: "rejected", response: { status: "Rejected" } });
});
