/** Core: configuration keys (OCPP 1.6J, 5.3 and 5.8), by raw calls. */
import { conformanceCase } from "../conformance_case.ts";

const code = ["api/routes/calls.ts", "actors/charger/command_answers.ts"];

const profiles = {
  key: "SupportedFeatureProfiles",
  readonly: true,
  value: "Core,RemoteTrigger",
};

conformanceCase({ version: "1.6", id: "TC_019_1", in: code }, async (c) => {
  const station = await c.newStation();
  const configurationKey = [
    { key: "HeartbeatInterval", readonly: false, value: "300" },
    { key: "NumberOfConnectors", readonly: true, value: "1" },
    profiles,
  ];

  await c.operate(station, "GetConfiguration", {}, { configurationKey, unknownKey: [] });
});

conformanceCase({ version: "1.6", id: "TC_019_2", in: code }, async (c) => {
  const station = await c.newStation();

  await c.operate(
    station,
    "GetConfiguration",
    { key: ["SupportedFeatureProfiles"] },
    { configurationKey: [profiles] },
  );
});

const changes = [
  { id: "TC_021", key: "MeterValueSampleInterval", status: "Accepted" },
  { id: "TC_040_1", key: "NobodysKey", status: "NotSupported" },
  { id: "TC_040_2", key: "MeterValueSampleInterval", status: "Rejected" },
];

for (const { id, key, status } of changes) {
  conformanceCase({ version: "1.6", id, in: code }, async (c) => {
    const station = await c.newStation();

    await c.operate(station, "ChangeConfiguration", { key, value: "60" }, { status });

    await c.stationIs(station, { presence: { connected: true } });
  });
}
