/** Security extension of 1.6: root certificates at the station, by raw calls (whitepaper, 4 and 5). */
import { conformanceCase } from "../conformance_case.ts";
import type { Payload } from "../recording.ts";

const code = ["api/routes/calls.ts", "actors/charger/command_answers.ts"];
const certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";

const installs = [
  { id: "TC_075_1", certificateType: "ManufacturerRootCertificate" },
  { id: "TC_075_2", certificateType: "CentralSystemRootCertificate" },
];

const hashData: Payload = {
  hashAlgorithm: "SHA256",
  issuerNameHash: "a".repeat(64),
  issuerKeyHash: "b".repeat(64),
  serialNumber: "1f",
};

for (const { id, certificateType } of installs) {
  conformanceCase({ version: "1.6", id, in: code }, async (c) => {
    const station = await c.newStation();
    await c.operate(
      station,
      "InstallCertificate",
      { certificateType, certificate },
      { status: "Accepted" },
    );

    await c.operate(
      station,
      "GetInstalledCertificateIds",
      { certificateType },
      { status: "Accepted", certificateHashData: [hashData] },
    );
  });
}

conformanceCase({ version: "1.6", id: "TC_076", in: code }, async (c) => {
  const station = await c.newStation();
  const { body } = await c.operate(
    station,
    "GetInstalledCertificateIds",
    { certificateType: "ManufacturerRootCertificate" },
    { status: "Accepted", certificateHashData: [hashData] },
  );
  c.match("REST gives the hash data as the station reported it", body, {
    response: { certificateHashData: [hashData] },
  });

  await c.operate(
    station,
    "DeleteCertificate",
    { certificateHashData: hashData },
    { status: "Accepted" },
  );
});

conformanceCase(
  {
    version: "1.6",
    id: "TC_078",
    in: ["schemas/ocpp16/security_event_notification.ts", ...code],
  },
  async (c) => {
    const station = await c.newStation();
    await c.operate(
      station,
      "InstallCertificate",
      { certificateType: "CentralSystemRootCertificate", certificate },
      { status: "Rejected" },
    );

    const answer = await station.call("SecurityEventNotification", {
      type: "InvalidCentralSystemCertificate",
      timestamp: new Date().toISOString(),
    });

    c.equal("the security event is answered", answer, {});
    await c.stationIs(station, { presence: { connected: true } });
  },
);
