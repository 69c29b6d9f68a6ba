import { Button } from "@mantine/core";
import { type ReactElement, useCallback, useMemo } from "react";
import { Link } from "react-router";
import type { StationConfiguration as Configuration } from "#schemas/rest/device_model.ts";
import { segment, withQuery } from "../api.ts";
import { Chip, Glyph } from "../components/glyph.tsx";
import { Card, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  type ConfigurationItem,
  keyOfVariable,
  lookOfState,
  states,
  wordOfComponent,
  wordOfVariable,
} from "../configuration_words.ts";
import { useApi, useLiveEvents, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import type { Command, Station } from "../shapes.ts";
import { StationMonitors } from "./station_configuration_monitors.tsx";
import { VariablesCard } from "./station_configuration_variables.tsx";

/** What the station is to be set to, what it is set to, and what it watches. */
export function StationConfiguration({ station }: { station: Station }): ReactElement {
  const path = `/stations/${segment(station.id)}/configuration`;
  const query = useQuery<Configuration>(path);
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    if (events.some((event) => stationOf(event) === station.id)) reload();
  });
  const items = query.value?.items;
  const intended = useMemo(
    () => new Map((items ?? []).map((item) => [keyOfVariable(item), item])),
    [items],
  );
  return (
    <div className="stack">
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      <DriftCard station={station} items={items} onApplied={query.reload} />
      <VariablesCard
        station={station}
        intended={intended}
        own={query.value?.variables ?? []}
        onIntended={query.reload}
      />
      {station.presence.protocol === "ocpp1.6" ? null : <StationMonitors station={station} />}
    </div>
  );
}

interface DriftProps {
  readonly station: Station;
  readonly items: readonly ConfigurationItem[] | undefined;
  readonly onApplied: () => void;
}

function DriftCard({ station, items, onApplied }: DriftProps): ReactElement | null {
  const { busy, apply } = useApply(station, onApplied);
  if (items === undefined) return null;
  if (items.length === 0) {
    return (
      <Card title="Intended configuration">
        <p className="advice" style={{ margin: 0 }}>
          Nothing is intended for this station. Change a value below and keep it so: then it shows
          here whether the station is as it should be. <Link to="/templates">Templates</Link>{" "}
          do the same for all stations of a model or a tag.
        </p>
      </Card>
    );
  }
  const others = items.filter(({ state }) => state !== "same");
  const canApply = others.some(({ state }) => state !== "rebootRequired");
  return (
    <Card
      title="Intended configuration"
      beside={canApply
        ? (
          <Button
            size="compact-xs"
            loading={busy}
            disabled={!station.presence.connected}
            onClick={apply}
          >
            Send what differs
          </Button>
        )
        : undefined}
    >
      <DriftBar items={items} />
      <TemplateLinks items={items} />
      {others.length === 0 ? null : (
        <ul className="drift-list">
          {others.map((item) => <DriftLine key={keyOfVariable(item)} item={item} />)}
        </ul>
      )}
    </Card>
  );
}

function useApply(
  { id }: Station,
  onApplied: () => void,
): { readonly busy: boolean; readonly apply: () => void } {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const apply = useCallback(() => {
    void run(async () => {
      await api.post<Command>(`/stations/${segment(id)}/configuration/apply`, {});
      toasts.done(`What differs is on its way to ${id}`);
      onApplied();
    });
  }, [api, toasts, run, id, onApplied]);
  return { busy, apply };
}

/** A bar that is green as far as the station is as intended. */
function DriftBar({ items }: { items: readonly ConfigurationItem[] }): ReactElement {
  const counts = states.map((state) => ({
    state,
    count: items.filter((item) => item.state === state).length,
  })).filter(({ count }) => count > 0);
  const spoken = counts.map(({ state, count }) => `${count} ${lookOfState[state].word}`);
  return (
    <div>
      <div className="drift-bar" role="img" aria-label={spoken.join(", ")}>
        {counts.map(({ state, count }) => (
          <span key={state} data-tone={lookOfState[state].tone} style={{ flexGrow: count }} />
        ))}
      </div>
      <div className="drift-legend">
        {counts.map(({ state, count }) => (
          <span key={state} data-tone={lookOfState[state].tone}>
            <Glyph shape={lookOfState[state].shape} /> <b>{count}</b> {lookOfState[state].word}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Where it comes from what the station is to be set to. */
function TemplateLinks({ items }: { items: readonly ConfigurationItem[] }): ReactElement | null {
  const ids = [...new Set(items.flatMap(({ template }) => template ?? []))];
  if (ids.length === 0) return null;
  return (
    <p className="soft small template-links">
      {ids.length === 1 ? "From template " : "From templates "}
      {ids.map((id, place) => (
        <span key={id}>
          {place === 0 ? "" : ", "}
          <TemplateLink id={id} />
        </span>
      ))}
    </p>
  );
}

function TemplateLink({ id }: { id: string }): ReactElement {
  return <Link to={withQuery("/templates", { template: id })}>{id}</Link>;
}

function DriftLine({ item }: { item: ConfigurationItem }): ReactElement {
  const { intended, confirmed, state, template } = item;
  return (
    <li>
      <span className="drift-name">
        <span className="soft small">{wordOfComponent(item)}</span>
        <span>{wordOfVariable(item)}</span>
      </span>
      <span className="drift-values">
        {confirmed === null ? null : <s>{confirmed === "" ? "empty" : confirmed}</s>}{" "}
        <b>{intended === "" ? "empty" : intended}</b>
        <span className="soft small">
          {template === null ? " kept for this station" : (
            <>
              {" by template "}
              <TemplateLink id={template} />
            </>
          )}
        </span>
      </span>
      <Chip look={lookOfState[state]} />
    </li>
  );
}
