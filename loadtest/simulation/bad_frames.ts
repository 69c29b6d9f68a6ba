/** Frames that no actor may ever see. Each holds `BAD`, by which the journal is searched. */
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import type { SimRandom } from "#engine/sim/sim_random.ts";

export const BAD = "-bad-input-";

/** Marks messages that are good for every check at the edge, and that the store refuses as data. */
export const POISON = "-poison-";

/** `id` is the frame's message id where it has one. */
export function badFrame(random: SimRandom, protocol: OcppProtocol, id: string): string {
  const wrongShape = protocol === "ocpp1.6"
    ? { connectorId: "one", idTag: BAD, meterStart: 1.5, timestamp: "yesterday" }
    : { eventType: "Begun", transactionInfo: BAD, seqNo: -1 };
  const action = protocol === "ocpp1.6" ? "StartTransaction" : "TransactionEvent";
  const frames = [
    `[2,"${id}","${action}",{"${BAD}":`,
    `[2,"${id}","${action}",${JSON.stringify(wrongShape)}]`,
    `[2,"${id}","MakeCoffee",{"strength":"${BAD}"}]`,
    `[2,"${id}","Heartbeat",{"surplus":"${BAD}"},"more"]`,
    `[2,"${id}","DataTransfer",{"vendorId":"${BAD}\\u0000"}]`,
    `[2,"${id}","DataTransfer",{"vendorId":"${BAD}\\ud800"}]`,
    `[9,"${id}","${BAD}"]`,
    BAD,
  ];
  return frames[random.integer(frames.length)] ?? BAD;
}
