/** A virtual charger with a recording CSMS, for tests: its time is theirs. */
import assert from "node:assert/strict";
import type { OcppProtocol } from "#schemas/events/gateway.ts";
import { judgeResponse } from "#schemas/ocpp_schemas.ts";
import { SimClock } from "#engine/sim/sim_clock.ts";
import { SimRandom } from "#engine/sim/sim_random.ts";
import { VirtualCharger } from "../virtual_charger.ts";
import { type Payload, textField } from "./dialect.ts";
import { RecordingCsms } from "./recording_csms.ts";

export const car = { capacityWh: 60_000, maxPowerW: 50_000, charge: 0.5 } as const;

export interface Scene {
  readonly csms: RecordingCsms;
  readonly charger: VirtualCharger;
  readonly clock: SimClock;
}

/** Whatever the charger says must keep to the official schema. */
export async function withCharger(
  protocol: OcppProtocol,
  run: (scene: Scene) => Promise<void>,
): Promise<void> {
  const csms = await RecordingCsms.start(protocol);
  const clock = new SimClock();
  const charger = new VirtualCharger({
    url: csms.url,
    identity: "VC-1",
    protocol,
    clock,
    random: new SimRandom(1),
    powerW: 36_000,
    meterIntervalSeconds: 60,
    backOff: { minimumMs: 5, doublings: 0, randomMs: 0 },
  });
  charger.start();
  try {
    await csms.until(() =>
      csms.calls.filter((call) => call.action === "StatusNotification").length >= 2
    );
    await run({ csms, charger, clock });
    const dirty = csms.calls.filter((call) => call.verdict !== "clean");
    assert.deepEqual(dirty, []);
  } finally {
    // A cut charger waits on the virtual clock.
    await charger.stop();
    csms.close();
  }
}

/** The charger's answer to a CALL, which must keep to the official schema. */
export async function asked(
  { csms, charger }: Scene,
  action: string,
  payload: Payload,
): Promise<Payload> {
  const [type, , answer] = await csms.call(action, payload);
  assert.equal(type, 3, `${action} was refused: ${answer}`);
  const { protocol } = charger.station.dialect;
  assert.equal(judgeResponse(protocol, action, answer, "received"), "clean", action);
  return answer as Payload;
}

/** The status of that answer. */
export async function statusOf(
  scene: Scene,
  action: string,
  payload: Payload,
): Promise<string | undefined> {
  return textField(await asked(scene, action, payload), "status");
}

/** Payloads of an action so far. */
export function told({ csms }: Scene, action: string): readonly Payload[] {
  return csms.calls.filter((call) => call.action === action).map((call) => call.payload);
}
