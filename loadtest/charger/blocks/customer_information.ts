import type { ChargerBlock } from "../block.ts";
import { fieldOf, instantText, numberField, partsOf, type Payload, textField } from "../dialect.ts";
import type { Station } from "../station.ts";
import { authorisationCache, knownToken } from "./authorisation.ts";

const DATA_MAX = 512;

/** OCPP 2.0.1 Part 2, N09 and N10. */
function customerInformation(station: Station, payload: Payload): Payload {
  const token = textField(fieldOf(payload, "idToken"), "idToken");
  const customer = textField(payload, "customerIdentifier") ?? token;
  if (customer === undefined && fieldOf(payload, "customerCertificate") === undefined) {
    return { status: "Invalid" };
  }
  const isReported = fieldOf(payload, "report") === true;
  const text = isReported && customer !== undefined ? toldOf(station, customer) : "";
  if (fieldOf(payload, "clear") === true && customer !== undefined) {
    authorisationCache.ifMade(station)?.forget(customer);
  }
  const parts = partsOf([...text], DATA_MAX);
  for (const [seqNo, letters] of parts.entries()) {
    station.tell({
      action: "NotifyCustomerInformation",
      payload: {
        data: letters.join(""),
        tbc: seqNo < parts.length - 1,
        seqNo,
        generatedAt: instantText(station.now()),
        requestId: numberField(payload, "requestId"),
      },
    });
  }
  return { status: "Accepted" };
}

/** What the charger itself knows of somebody: its list or cache, and what it has charged. */
function toldOf(station: Station, uid: string): string {
  const known = knownToken(station, uid);
  const charged = station.charger.transactions
    .filter(({ tokenUid }) => tokenUid.toLowerCase() === uid.toLowerCase())
    .map((one) => `${instantText(one.startedAt)} EVSE ${one.evseId} ${energyOf(one)} Wh`);
  return [
    ...(known === undefined ? [] : [`token ${uid}: ${known.status}`]),
    ...charged,
  ].join("\n");
}

function energyOf({ startWh, stopWh }: { startWh: number; stopWh: number | undefined }): number {
  return (stopWh ?? startWh) - startWh;
}

export const customerInformationBlock: ChargerBlock = {
  answers2x: { CustomerInformation: customerInformation },
};
