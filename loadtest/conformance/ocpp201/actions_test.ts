/** Actions of 2.0.1 that only cases show which need certificates or a responder. */
import { conformanceCase } from "../conformance_case.ts";

conformanceCase(
  { version: "2.0.1", id: "SignCertificate", in: ["schemas/ocpp201/sign_certificate.ts"] },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("SignCertificate", {
      csr: "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----",
      certificateType: "ChargingStationCertificate",
    });

    c.match("what is no request is not signed", answer, { status: "Rejected" });
  },
);

conformanceCase(
  { version: "2.0.1", id: "CertificateSigned", in: ["api/routes/calls.ts"] },
  async (c) => {
    const station = await c.newStation();

    await c.operate(
      station,
      "CertificateSigned",
      { certificateChain: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----" },
      { status: "Rejected" },
    );

    await c.stationIs(station, { presence: { connected: true } });
  },
);

conformanceCase(
  {
    version: "2.0.1",
    id: "Get15118EVCertificate",
    in: ["schemas/ocpp201/get_15118_ev_certificate.ts"],
  },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("Get15118EVCertificate", {
      iso15118SchemaVersion: "urn:iso:15118:2:2013:MsgDef",
      action: "Install",
      exiRequest: "gJg=",
    });

    c.match("what is no certificate request fails", answer, { status: "Failed" });
  },
);

conformanceCase(
  {
    version: "2.0.1",
    id: "GetCertificateStatus",
    in: ["schemas/ocpp201/get_certificate_status.ts"],
  },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("GetCertificateStatus", {
      ocspRequestData: {
        hashAlgorithm: "SHA256",
        issuerNameHash: "aa",
        issuerKeyHash: "bb",
        serialNumber: "1f",
        responderURL: "http://ocsp.invalid",
      },
    });

    c.match("a responder that cannot be reached fails", answer, { status: "Failed" });
  },
);

const hashData = {
  hashAlgorithm: "SHA384",
  issuerNameHash: "aa01",
  issuerKeyHash: "bb02",
  serialNumber: "1f",
};

conformanceCase(
  { version: "2.0.1", id: "InstallCertificate", in: ["api/routes/calls.ts"] },
  async (c) => {
    const station = await c.newStation();

    await c.operate(
      station,
      "InstallCertificate",
      {
        certificateType: "CSMSRootCertificate",
        certificate: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      },
      { status: "Failed" },
    );
  },
);

conformanceCase(
  { version: "2.0.1", id: "GetInstalledCertificateIds", in: ["api/routes/calls.ts"] },
  async (c) => {
    const station = await c.newStation();

    await c.operate(
      station,
      "GetInstalledCertificateIds",
      { certificateType: ["CSMSRootCertificate"] },
      {
        status: "Accepted",
        certificateHashDataChain: [{
          certificateType: "CSMSRootCertificate",
          certificateHashData: hashData,
        }],
      },
    );
  },
);

conformanceCase(
  { version: "2.0.1", id: "DeleteCertificate", in: ["api/routes/calls.ts"] },
  async (c) => {
    const station = await c.newStation();

    await c.operate(
      station,
      "DeleteCertificate",
      { certificateHashData: hashData },
      { status: "Accepted" },
    );
  },
);
