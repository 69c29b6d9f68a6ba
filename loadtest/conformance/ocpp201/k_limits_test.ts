/** Block K: limits that others set (OCPP 2.0.1 Part 2, K11 to K13). */
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { idsAre, profile, profileCode, type ShownProfiles } from "../profile_words.ts";
import type { ScriptedStation } from "../scripted_station.ts";
import { charging } from "./charging.ts";

const code = [...profileCode, "actors/charger/blocks/charging_profiles_reported.ts"];
const chargingLimit = { chargingLimitSource: "EMS", isGridCritical: true };

async function limitsAre(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: readonly unknown[],
): Promise<void> {
  await c.eventually(`REST shows ${expected.length} limits of others`, async () => {
    const path = `/stations/${station.identity}/charging-profiles`;
    const { body } = await c.rest.get<ShownProfiles>(path);
    c.match("the limits", body.limits, expected);
  });
}

conformanceCase({ version: "2.0.1", id: "TC_K_48", in: code }, async (c) => {
  const station = await c.newStation();
  const answer = await station.call("NotifyChargingLimit", { chargingLimit });
  c.equal("the limit is answered", answer, {});
  await limitsAre(c, station, [{ evseId: 0, source: "EMS", isGridCritical: true }]);
});

conformanceCase({ version: "2.0.1", id: "TC_K_50", in: code }, async (c) => {
  const station = await c.newStation();
  await station.call("NotifyChargingLimit", { chargingLimit, evseId: 1 });
  await limitsAre(c, station, [{ evseId: 1, source: "EMS" }]);
  const answer = await station.call("ClearedChargingLimit", {
    chargingLimitSource: "EMS",
    evseId: 1,
  });
  c.equal("its end is answered", answer, {});
  await limitsAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_51", in: code }, async (c) => {
  const { station, transaction } = await charging(c);
  await station.call("NotifyChargingLimit", { chargingLimit, evseId: 1 });
  await limitsAre(c, station, [{ evseId: 1, source: "EMS" }]);
  const answer = await station.call("ClearedChargingLimit", {
    chargingLimitSource: "EMS",
    evseId: 1,
  });
  c.equal("its end is answered", answer, {});
  const told = await transaction.updated("ChargingRateChanged", { chargingState: "Charging" });
  c.equal("the change of the rate is answered", told, {});
  await c.sessionIs(station, { status: "open", state: "Charging" });
  await limitsAre(c, station, []);
});

conformanceCase({ version: "2.0.1", id: "TC_K_52", in: code }, async (c) => {
  const station = await c.newStation();
  const external = profile({
    id: 8_001,
    chargingProfilePurpose: "ChargingStationExternalConstraints",
  });
  const answer = await station.call("ReportChargingProfiles", {
    requestId: 1_234_567,
    chargingLimitSource: "EMS",
    evseId: 1,
    chargingProfile: [external],
  });
  c.equal("a report that nobody asked for is answered", answer, {});
  const { composite } = await idsAre(c, station, "confirmed", [8_001]);
  c.match("the limit counts", composite[1], { evseId: 1, periods: [{ limit: 6 }, {}] });
});
