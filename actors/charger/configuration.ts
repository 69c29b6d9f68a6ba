/** Whether the station is configured as intended: compared outside, in the read model. */
import { openAlert, settleAlert } from "./alerts.ts";
import { rule, type Turn } from "./turn.ts";

/** Projections are a second behind; then what was reported can be compared with what is intended. */
export const CHECK_AFTER_MS = 3_000;

/** The input `drift`; its provider is `actors/adapters/configuration_drift.ts`. */
export interface Drift {
  readonly count: number;
  /** The first few, as people read them. */
  readonly names: readonly string[];
}

/** Compares what the station has with what is intended, soon. Asking twice is once. */
export function checkSoon(turn: Turn): void {
  turn.arm("configuration", turn.now + CHECK_AFTER_MS);
}

/** Drift is an alert until it is gone. */
export const noteDrift = rule(["alarm.configuration", "configuration.check"], (turn) => {
  turn.reply({});
  const { count, names } = driftIn(turn.inputs["drift"]);
  if (count === 0) settleAlert(turn, "configurationDrift");
  else {
    const more = count > names.length ? ` and ${count - names.length} more` : "";
    openAlert(turn, "configurationDrift", `Not as intended: ${names.join(", ")}${more}`);
  }
});

function driftIn(input: unknown): Drift {
  const isDrift = (value: unknown): value is Drift =>
    typeof value === "object" && value !== null && "count" in value && "names" in value;
  return isDrift(input) ? input : { count: 0, names: [] };
}
