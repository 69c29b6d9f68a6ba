/** Schedules as lines of a chart: a value holds until the next one. */

export interface Step {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Null = no limit. */
  readonly value: number | null;
}

export interface StepLine {
  readonly steps: readonly Step[];
  readonly endAt: number;
}

/** Values of all lines at every instant at which one of them changes, and at the last end. */
export function stepTable(lines: readonly StepLine[]): {
  readonly times: readonly number[];
  readonly values: readonly (readonly (number | null)[])[];
} {
  const all = lines.flatMap(({ steps, endAt }) => [...steps.map(({ at }) => at), endAt]);
  const times = [...new Set(lines.some(({ steps }) => steps.length > 0) ? all : [])]
    .sort((one, other) => one - other);
  const values = lines.map((line) => times.map((at) => valueAt(line, at)));
  return { times, values };
}

function valueAt({ steps, endAt }: StepLine, at: number): number | null {
  if (at > endAt) return null;
  return steps.findLast((step) => step.at <= at)?.value ?? null;
}

/** The line of a schedule that starts at `startAt`. */
export function lineOf(
  startAt: number,
  durationSeconds: number,
  periods: readonly { readonly startPeriod: number; readonly limit: number | null }[],
): StepLine {
  return {
    steps: periods.map(({ startPeriod, limit }) => ({
      at: startAt + startPeriod * 1_000,
      value: limit,
    })),
    endAt: startAt + durationSeconds * 1_000,
  };
}
