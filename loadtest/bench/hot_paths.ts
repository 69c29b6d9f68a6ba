import type { ActorState, Delivery } from "#engine/actor.ts";
import { initialState, step } from "#engine/step.ts";
import { charger } from "#actors/charger/mod.ts";
import { decodeFrame } from "#gateway/frame.ts";
import { judgeRequest } from "#schemas/ocpp_schemas.ts";
import { type Rate, rateOf } from "./rates.ts";

/** The frame of design section 4's CPU budget: three sampled values in an open transaction. */
const meterPayload = {
  connectorId: 1,
  transactionId: 4711,
  meterValue: [{
    timestamp: "2026-01-01T00:00:00.000Z",
    sampledValue: [
      {
        value: "100000025",
        context: "Sample.Periodic",
        measurand: "Energy.Active.Import.Register",
        location: "Outlet",
        unit: "Wh",
      },
      { value: "11040", context: "Sample.Periodic", measurand: "Power.Active.Import", unit: "W" },
      { value: "16.0", context: "Sample.Periodic", measurand: "Current.Import", phase: "L1" },
    ],
  }],
};
const frameText = JSON.stringify([2, "load-00000001", "MeterValues", meterPayload]);
const AT = 1_767_225_600_000;

export function frameDecodeRate(): Rate {
  const rate = rateOf("frame decode", () => decodeFrame(frameText));
  return { ...rate, note: `${frameText.length} byte MeterValues` };
}

export function validateRate(): Rate {
  return rateOf(
    "validate",
    () => judgeRequest("ocpp1.6", "MeterValues", meterPayload, "received"),
  );
}

/** A charger whose connector changes its status with every step. */
export function stepRate(): Rate {
  const address = { tenant: "default", kind: "charger", key: "BENCH" };
  let { state } = initialState(charger, address, AT);
  let now = AT;
  const say = (action: string, body: unknown): void => {
    const header = {
      type: "ocpp.call",
      cause: `BENCH/1.1/${now}`,
      protocol: "ocpp1.6",
      action,
      messageId: String(now),
      epoch: "1.1",
    };
    state = stepped(state, { to: address, header, body, now: ++now });
  };
  for (const { type, body } of opening) {
    const header = { type, cause: `BENCH/${type}` };
    state = stepped(state, { to: address, header, body, now: ++now });
  }
  say("BootNotification", { chargePointVendor: "Statewatt", chargePointModel: "Bench" });
  let turn = 0;
  const rate = rateOf("step", () => {
    const status = turn++ % 2 === 0 ? "Preparing" : "Available";
    say("StatusNotification", { connectorId: 1, errorCode: "NoError", status });
  });
  return { ...rate, note: "StatusNotification: translate and step the charger's chart" };
}

/** What happens before a station's first message. */
const opening = [
  { type: "station.register", body: { settings: {} } },
  {
    type: "socket.opened",
    body: { gateway: "g", protocol: "ocpp1.6", remoteAddress: "127.0.0.1", again: false },
  },
] as const;

function stepped(state: ActorState, delivery: Delivery): ActorState {
  const event = charger.receive(delivery, state.context);
  return step(charger, state, { ...event, now: delivery.now, inputs: {} }).state;
}
