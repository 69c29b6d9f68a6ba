/** Block N: customer information (OCPP 2.0.1 Part 2, N09 and N10). */
import type { CustomerReport } from "#schemas/rest/local_list.ts";
import { conformanceCase } from "../conformance_case.ts";
import type { ConformanceRun } from "../conformance_run.ts";
import { confirmedList, listIs, uidsOf } from "../local_list_case.ts";
import { requireMatch } from "../match.ts";
import type { Payload } from "../recording.ts";
import type { ScriptedStation } from "../scripted_station.ts";

const asking = ["schemas/station_commands/customer_information.ts"];
const collecting = [
  ...asking,
  "actors/adapters/reports/customer_information.ts",
  "api/queries/customer_report_rows.ts",
];

/** Asks the station about a customer and lets it answer; gives command and request id. */
async function asked(
  c: ConformanceRun,
  station: ScriptedStation,
  question: { readonly body: Payload; readonly says: Payload; readonly status?: string },
): Promise<{ readonly command: string; readonly requestId: number }> {
  const { body, says, status = "Accepted" } = question;
  const command = await c.command(station, "customer-information", body);
  const call = await station.expectCall("CustomerInformation");
  const { requestId, ...payload } = call.payload;
  c.equal("the request names the customer in one way", payload, says);
  c.ok("the request has a number", Number.isInteger(requestId));
  call.answer({ status });
  await c.commandIs(command, {
    status: status === "Accepted" ? "accepted" : "rejected",
    response: { status },
  });
  return { command, requestId: Number(requestId) };
}

async function notified(
  station: ScriptedStation,
  requestId: number,
  parts: readonly string[],
): Promise<void> {
  for (const [seqNo, data] of parts.entries()) {
    // deno-lint-ignore no-await-in-loop -- one CALL in flight
    await station.call("NotifyCustomerInformation", {
      data,
      ...(seqNo < parts.length - 1 ? { tbc: true } : {}),
      seqNo,
      generatedAt: new Date().toISOString(),
      requestId,
    });
  }
}

/** Waits until REST shows the newest report of the station so. */
function reportIs(
  c: ConformanceRun,
  station: ScriptedStation,
  expected: Payload,
): Promise<CustomerReport> {
  return c.eventually(`the report is ${JSON.stringify(expected)}`, async () => {
    const path = `/stations/${station.identity}/customer-information`;
    const [report] = await c.rest.list<CustomerReport>(path);
    if (report === undefined) throw new Error("there is none");
    requireMatch("the report", report, expected);
    return report;
  });
}

for (
  const { id, report, clear, parts, data } of [
    { id: "TC_N_27", report: true, clear: false, parts: ["Jane Doe, ", "3 sessions"] },
    { id: "TC_N_28", report: true, clear: false, parts: [""] },
    { id: "TC_N_30", report: true, clear: true, parts: ["Jane Doe"] },
    { id: "TC_N_31", report: true, clear: true, parts: [""] },
    { id: "TC_N_32", report: false, clear: true, parts: [""] },
  ].map((given) => ({ ...given, data: given.parts.join("") }))
) {
  conformanceCase({ version: "2.0.1", id, in: collecting }, async (c) => {
    const station = await c.newStation();
    const token = await c.newToken();

    const { command, requestId } = await asked(c, station, {
      body: { report, clear, tokenUid: token.uid },
      says: { report, clear, idToken: token.idToken },
    });
    const waiting = { commandId: command, requestId, report, clear, data: null };
    await reportIs(c, station, waiting);
    await notified(station, requestId, parts);

    await reportIs(c, station, { requestId, commandId: command, tokenUid: token.uid, data });
    const path = `/stations/${station.identity}/customer-information/${requestId}`;
    c.equal("the report can be erased", (await c.rest.delete(path)).status, 204);
    await reportIs(c, station, { requestId, data: null });
  });
}

conformanceCase({ version: "2.0.1", id: "TC_N_29", in: asking }, async (c) => {
  const station = await c.newStation();
  const token = await c.newToken();

  await asked(c, station, {
    body: { report: true, clear: false, tokenUid: token.uid },
    says: { report: true, clear: false, idToken: token.idToken },
    status: "Rejected",
  });
  await reportIs(c, station, { answer: "Rejected", status: "rejected", data: null });
});

const clearing = [
  ...asking,
  "actors/charger/blocks/customer_information.ts",
  "actors/charger/blocks/local_list.ts",
];

conformanceCase({ version: "2.0.1", id: "TC_N_46", in: clearing }, async (c) => {
  const station = await c.newStation();
  const gone = await c.newToken();
  const other = await c.newToken();
  await confirmedList(c, station, [gone.uid, other.uid]);

  const { requestId } = await asked(c, station, {
    body: { report: false, clear: true, tokenUid: gone.uid },
    says: { report: false, clear: true, idToken: gone.idToken },
  });
  const call = await station.expectCall("SendLocalList");
  c.equal("the customer leaves the local list under a higher version", call.payload, {
    versionNumber: 2,
    updateType: "Differential",
    localAuthorizationList: [{ idToken: gone.idToken }],
  });
  call.answer({ status: "Accepted" });
  await notified(station, requestId, [""]);

  const list = await listIs(c, station, { state: "confirmed", confirmedVersion: 2 });
  c.equal("only the other one is left", uidsOf(list), [other.uid]);
});

conformanceCase({ version: "2.0.1", id: "TC_N_62", in: collecting }, async (c) => {
  const station = await c.newStation();
  const customerIdentifier = "CUSTOMER-7";

  const { requestId } = await asked(c, station, {
    body: { report: true, clear: true, customerIdentifier },
    says: { report: true, clear: true, customerIdentifier },
  });
  await notified(station, requestId, ["one session"]);
  await reportIs(c, station, { requestId, customerIdentifier, data: "one session" });

  const token = await c.newToken();
  const both = { report: true, clear: true, customerIdentifier, tokenUid: token.uid };
  const path = `/stations/${station.identity}/commands/customer-information`;
  const refused = await c.rest.post(path, both);
  c.ok("two kinds of identifier are refused", refused.status >= 400 && refused.status < 500);
});

conformanceCase({ version: "2.0.1", id: "TC_N_63", in: collecting }, async (c) => {
  const station = await c.newStation();
  const certificateHash = {
    hashAlgorithm: "SHA256",
    issuerNameHash: "a".repeat(64),
    issuerKeyHash: "b".repeat(64),
    serialNumber: "1234",
  };

  const { requestId } = await asked(c, station, {
    body: { report: true, clear: true, certificateHash },
    says: { report: true, clear: true, customerCertificate: certificateHash },
  });
  await notified(station, requestId, ["a contract"]);
  await reportIs(c, station, { requestId, certificateHash, data: "a contract" });
});
