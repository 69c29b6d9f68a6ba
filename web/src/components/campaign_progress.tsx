import type { ReactElement } from "react";
import { stateLooks } from "../campaign_look.ts";
import { formatCount } from "../format.ts";
import type { Campaign } from "../shapes.ts";

const states = ["done", "failed", "running"] as const;

/** One bar: how many stations are done, failed and at work, of all. */
export function CampaignProgress({ progress }: Pick<Campaign, "progress">): ReactElement {
  const { total, done, failed } = progress;
  const over = done + failed;
  return (
    <div
      className="campaign-bar"
      role="progressbar"
      aria-label="Stations that are through"
      aria-valuenow={over}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuetext={`${formatCount(over)} of ${formatCount(total)}`}
    >
      {states.map((state) =>
        progress[state] === 0 ? null : (
          <span
            key={state}
            data-tone={stateLooks[state].tone}
            data-state={state}
            style={{ width: `${100 * progress[state] / total}%` }}
            title={`${stateLooks[state].word}: ${formatCount(progress[state])}`}
          />
        )
      )}
    </div>
  );
}
