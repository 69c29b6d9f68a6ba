/** What this station does otherwise than the standard says, and what is done about it. */
import { Anchor, Button, Select } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { Quirk, StationQuirk } from "#schemas/rest/quirk.ts";
import { segment } from "../api.ts";
import { Chip } from "../components/glyph.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { List, Station } from "../shapes.ts";
import type { Look } from "../status.ts";

const looks: Readonly<Record<StationQuirk["status"], Look>> = {
  inForce: { word: "Taken into account", tone: "available", shape: "check" },
  known: { word: "Good to know", tone: "reserved", shape: "diamond" },
  dismissed: { word: "Dismissed", tone: "off", shape: "cross" },
};

export function StationQuirks({ station }: { station: Station }): ReactElement {
  const query = useQuery<List<StationQuirk>>(
    `/stations/${segment(station.id)}/quirks?order=asc&limit=1000`,
  );
  const quirks = query.value?.items ?? [];
  return (
    <Card title="Quirks" flush>
      <p className="advice quirk-advice">
        Where this station departs from the standard: known of its build, shown by itself, or said
        by you. What it sends is read accordingly.
      </p>
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {query.value !== undefined && quirks.length === 0
        ? <p className="soft small quirk-advice">None is known. That is how it should be.</p>
        : (
          <ul className="message-list">
            {quirks.map((quirk) => (
              <QuirkItem key={quirk.id} station={station} quirk={quirk} onChanged={query.reload} />
            ))}
          </ul>
        )}
      <AddQuirk station={station} quirks={quirks} onChanged={query.reload} />
    </Card>
  );
}

interface QuirkItemProps {
  readonly station: Station;
  readonly quirk: StationQuirk;
  readonly onChanged: () => void;
}

function QuirkItem({ station, quirk, onChanged }: QuirkItemProps): ReactElement {
  const { say, busy } = useSaying(station, onChanged);
  const isDismissed = quirk.status === "dismissed";
  return (
    <li>
      <div className="row message-head">
        <Chip look={looks[quirk.status]} />
        {quirk.at === null ? null : (
          <span className="soft small">
            <Instant at={quirk.at} />
          </span>
        )}
      </div>
      <p className="message-text">{quirk.summary}</p>
      <p className="soft small message-when">
        {quirk.why}. {isDismissed ? "It is not taken into account." : `${quirk.remedy}.`}
        {quirk.sources.map((source, index) => (
          <span key={source}>
            {" "}
            <Anchor href={source} target="_blank" rel="noreferrer" size="xs">
              {index === 0 ? "Reported here" : `and here`}
            </Anchor>
          </span>
        ))}
      </p>
      <div className="row">
        <Button
          variant="default"
          size="compact-sm"
          loading={busy}
          onClick={() => void say(quirk.id, isDismissed)}
        >
          {isDismissed ? "It does after all" : "Dismiss"}
        </Button>
        {quirk.suggests === null || isDismissed || quirk.suggests === "authorization-key-text"
          ? null
          : (
            <Button
              variant="light"
              size="compact-sm"
              loading={busy}
              onClick={() => void say(quirk.suggests ?? "", true)}
            >
              Take it into account
            </Button>
          )}
      </div>
    </li>
  );
}

/** Quirks that no build is known for: an operator says that the station has one. */
function AddQuirk(
  { station, quirks, onChanged }: {
    readonly station: Station;
    readonly quirks: readonly StationQuirk[];
    readonly onChanged: () => void;
  },
): ReactElement {
  const table = useQuery<List<Quirk>>("/quirks?order=asc&limit=1000");
  const { say, busy } = useSaying(station, onChanged);
  const [chosen, setChosen] = useState<string | null>(null);
  const has = new Set(quirks.map(({ id }) => id));
  const { protocol } = station.presence;
  const free = (table.value?.items ?? []).filter(({ id, of, protocols }) =>
    of === "chosen stations" && !has.has(id) &&
    (protocol === null || protocols === null || protocols.includes(protocol))
  );
  return (
    <div className="quirk-add">
      <Select
        aria-label="What else it does"
        placeholder="What else it does…"
        searchable
        value={chosen}
        data={free.map(({ id, summary }) => ({ value: id, label: summary }))}
        onChange={setChosen}
        nothingFoundMessage="Nothing like this is known"
      />
      <Button
        variant="default"
        loading={busy}
        disabled={chosen === null}
        onClick={() => {
          if (chosen !== null) void say(chosen, true).then(() => setChosen(null));
        }}
      >
        Add
      </Button>
    </div>
  );
}

function useSaying(
  station: Station,
  onChanged: () => void,
): { say(id: string, isSo: boolean): Promise<boolean>; readonly busy: boolean } {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  return {
    busy,
    say: (id, isSo) =>
      run(async () => {
        const path = `/stations/${segment(station.id)}/quirks/${segment(id)}`;
        if (isSo) await api.put(path, {});
        else await api.remove(path);
        toasts.done(isSo ? "It is taken into account" : "It is dismissed");
        onChanged();
      }),
  };
}
