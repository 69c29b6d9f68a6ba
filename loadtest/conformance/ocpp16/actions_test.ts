/** Actions of 1.6 that no case of the list shows, or only one that needs a certificate. */
import { conformanceCase } from "../conformance_case.ts";

const commandCode = ["schemas/ocpp16/commands.ts", "actors/charger/commands.ts"];

conformanceCase({ version: "1.6", id: "ChangeAvailability", in: commandCode }, async (c) => {
  const station = await c.newStation();

  for (
    const { operative, type } of [
      { operative: false, type: "Inoperative" },
      { operative: true, type: "Operative" },
    ]
  ) {
    // deno-lint-ignore no-await-in-loop -- one command after the other
    const command = await c.command(station, "availability", { operative, evseId: 1 });
    // deno-lint-ignore no-await-in-loop
    const call = await station.expectCall("ChangeAvailability");
    c.equal("the change names connector and type", call.payload, { connectorId: 1, type });
    call.answer({ status: "Accepted" });
    // deno-lint-ignore no-await-in-loop
    await c.commandIs(command, { status: "accepted" });
    const status = operative ? "Available" : "Unavailable";
    // deno-lint-ignore no-await-in-loop
    await c.status(station, 1, status);
    // deno-lint-ignore no-await-in-loop
    await c.stationIs(station, { evses: [{ connectors: [{ status }] }] });
  }
});

conformanceCase({ version: "1.6", id: "ExtendedTriggerMessage", in: commandCode }, async (c) => {
  const station = await c.newStation();

  const command = await c.command(station, "trigger", { message: "LogStatusNotification" });
  const call = await station.expectCall("ExtendedTriggerMessage");
  c.equal("the extended trigger is used for what the first one lacks", call.payload, {
    requestedMessage: "LogStatusNotification",
  });
  call.answer({ status: "Accepted" });

  await c.commandIs(command, { status: "accepted" });
  const answer = await station.call("LogStatusNotification", { status: "Idle" });
  c.equal("Idle is answered", answer, {});
});

conformanceCase(
  { version: "1.6", id: "SignCertificate", in: ["schemas/ocpp16/sign_certificate.ts"] },
  async (c) => {
    const station = await c.newStation();

    const answer = await station.call("SignCertificate", {
      csr: "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----",
    });

    c.match("what is no request is not signed", answer, { status: "Rejected" });
  },
);

conformanceCase(
  { version: "1.6", id: "CertificateSigned", in: ["api/routes/calls.ts"] },
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
