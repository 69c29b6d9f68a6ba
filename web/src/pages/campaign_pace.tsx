import { NumberInput } from "@mantine/core";
import type { ReactElement } from "react";

/** As typed: an empty field sets no bound. */
export interface Pace {
  readonly ratePerMinute: number | string;
  readonly maxAtOnce: number | string;
  readonly locationPercent: number | string;
  readonly failurePercent: number | string;
  readonly awayHours: number | string;
}

export const emptyPace: Pace = {
  ratePerMinute: 60,
  maxAtOnce: 50,
  locationPercent: "",
  failurePercent: 10,
  awayHours: 24,
};

/** In the words of REST. */
export function paceOf(pace: Pace): Readonly<Record<string, number | null>> {
  const { ratePerMinute, maxAtOnce, locationPercent, failurePercent, awayHours } = pace;
  return {
    ratePerMinute: numberOf(ratePerMinute),
    maxAtOnce: numberOf(maxAtOnce) ?? 50,
    sharePerLocation: shareOf(locationPercent),
    stopOnFailureShare: shareOf(failurePercent),
    waitForAwayHours: numberOf(awayHours) ?? 0,
  };
}

function numberOf(typed: number | string): number | null {
  return typed === "" ? null : Number(typed);
}

function shareOf(typed: number | string): number | null {
  const percent = numberOf(typed);
  return percent === null ? null : percent / 100;
}

interface PaceFieldsProps {
  readonly pace: Pace;
  readonly onChange: (pace: Pace) => void;
}

export function PaceFields({ pace, onChange }: PaceFieldsProps): ReactElement {
  const set = (change: Partial<Pace>): void => onChange({ ...pace, ...change });
  return (
    <>
      <div className="form-pair">
        <NumberInput
          label="Commands a minute"
          description="Empty: as fast as the stations answer."
          min={1}
          max={30_000}
          allowDecimal={false}
          value={pace.ratePerMinute}
          onChange={(ratePerMinute) => set({ ratePerMinute })}
        />
        <NumberInput
          label="Stations at once"
          description="So many may be at work at the same time."
          min={1}
          max={1_000}
          allowDecimal={false}
          value={pace.maxAtOnce}
          onChange={(maxAtOnce) => set({ maxAtOnce })}
        />
        <NumberInput
          label="Of one location at once"
          description="Drivers find a charger meanwhile. Empty: no bound."
          suffix=" %"
          min={0}
          max={100}
          value={pace.locationPercent}
          onChange={(locationPercent) => set({ locationPercent })}
        />
        <NumberInput
          label="Stop when more than this fail"
          description="Counted from ten stations on. Empty: never."
          suffix=" %"
          min={0}
          max={100}
          value={pace.failurePercent}
          onChange={(failurePercent) => set({ failurePercent })}
        />
      </div>
      <NumberInput
        label="Wait for stations that are away"
        description="So many hours; then they count as failed."
        suffix=" h"
        min={0}
        max={2_160}
        value={pace.awayHours}
        onChange={(awayHours) => set({ awayHours })}
      />
    </>
  );
}
