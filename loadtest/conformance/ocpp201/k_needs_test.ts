/** Block K: vehicles that say what they need (OCPP 2.0.1 Part 2, K15 to K17). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { profile, profileCode, setProfile } from "../profile_words.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { charging } from "./charging.ts";

const code = [...profileCode, "actors/charger/blocks/charging_profiles_needs.ts"];

/** The vehicle says what it needs; the platform answers and sends the profile. */
async function needs(
  c: ConformanceRun,
  station: ScriptedStation,
  transactionId: string,
  evMaxCurrent: number,
): Promise<Payload> {
  const answer = await station.call("NotifyEVChargingNeeds", {
    evseId: 1,
    maxScheduleTuples: 3,
    chargingNeeds: {
      requestedEnergyTransfer: "DC",
      departureTime: new Date(Date.now() + 3_600_000).toISOString(),
      dcChargingParameters: { evMaxCurrent, evMaxVoltage: 400, energyAmount: 20_000 },
    },
  });
  c.equal("the needs are answered at once", answer, { status: "Accepted" });
  const call = await station.expectCall("SetChargingProfile");
  c.match("the profile is for this transaction, within what is needed", call.payload, {
    evseId: 1,
    chargingProfile: {
      chargingProfilePurpose: "TxProfile",
      transactionId,
      chargingSchedule: [{
        chargingRateUnit: "W",
        chargingSchedulePeriod: [{ startPeriod: 0, limit: evMaxCurrent * 400 }],
      }],
    },
  });
  call.answer({ status: "Accepted" });
  const id = Object(call.payload["chargingProfile"])["id"];
  await c.eventually("the profile is believed", async () => {
    const path = `/stations/${station.identity}/charging-profiles/${id}`;
    const { body } = await c.rest.get(path);
    if (body["state"] !== "accepted") throw new Error(JSON.stringify(body));
    c.match("the believed one is the one sent", body["chargingProfile"], {
      chargingSchedule: [{ chargingSchedulePeriod: [{ limit: evMaxCurrent * 400 }] }],
    });
  });
  return call.payload;
}

function plan(station: ScriptedStation, limit: number, unit = "W"): Promise<Payload> {
  return station.call("NotifyEVChargingSchedule", {
    timeBase: new Date().toISOString(),
    evseId: 1,
    chargingSchedule: {
      id: 1,
      duration: 600,
      chargingRateUnit: unit,
      chargingSchedulePeriod: [{ startPeriod: 0, limit }, { startPeriod: 300, limit: limit / 2 }],
    },
  });
}

conformanceCase({ version: "2.0.1", id: "TC_K_53", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  await needs(c, station, transaction.id, 100);
  const answer = await plan(station, 40_000);
  c.equal("a plan inside the limits is accepted", answer, { status: "Accepted" });
  await transaction.updated("ChargingRateChanged", { chargingState: "Charging" });
});

conformanceCase({ version: "2.0.1", id: "TC_K_55", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  const first = await needs(c, station, transaction.id, 100);
  const answer = await plan(station, 60_000);
  c.equal("a plan outside the limits is rejected", answer, { status: "Rejected" });
  const again = await station.expectCall("SetChargingProfile");
  c.match("the profile comes again", again.payload, {
    chargingProfile: {
      id: Object(first["chargingProfile"])["id"],
      transactionId: transaction.id,
      chargingProfilePurpose: "TxProfile",
    },
  });
  again.answer({ status: "Accepted" });
  c.equal("the new plan is accepted", await plan(station, 40_000), { status: "Accepted" });
});

conformanceCase({ version: "2.0.1", id: "TC_K_57", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  await needs(c, station, transaction.id, 100);
  c.equal("the plan is accepted", await plan(station, 40_000), { status: "Accepted" });
  await needs(c, station, transaction.id, 50);
  c.equal("the renegotiated plan is accepted", await plan(station, 20_000), {
    status: "Accepted",
  });
});

/** The operator changes his mind during the transaction. */
async function renegotiate(
  c: ConformanceRun,
  station: ScriptedStation,
  transactionId: string,
): Promise<void> {
  const session = await c.sessionIs(station, { status: "open" });
  const chargingProfile = profile({ stackLevel: 5, chargingProfilePurpose: "TxProfile" }, {
    chargingRateUnit: "W",
    chargingSchedulePeriod: [{ startPeriod: 0, limit: 10_000 }],
  });
  const payload = await setProfile(c, station, {
    evseId: 1,
    chargingProfile,
    sessionId: session.id,
  });
  c.equal("the new profile is for the running transaction", payload, {
    evseId: 1,
    chargingProfile: { ...chargingProfile, transactionId },
  });
}

conformanceCase({ version: "2.0.1", id: "TC_K_58", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  await needs(c, station, transaction.id, 100);
  await renegotiate(c, station, transaction.id);
  c.equal("a plan inside the new limits is accepted", await plan(station, 10_000), {
    status: "Accepted",
  });
});

conformanceCase({ version: "2.0.1", id: "TC_K_59", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  await needs(c, station, transaction.id, 100);
  await renegotiate(c, station, transaction.id);
  await needs(c, station, transaction.id, 20);
  c.equal("the plan is accepted", await plan(station, 8_000), { status: "Accepted" });
});
