import { Button, Checkbox, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactElement, useState } from "react";
import type { StationConfiguration, Variable } from "#schemas/rest/device_model.ts";
import { segment, withQuery } from "../api.ts";
import { Form } from "../components/form.tsx";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  type ConfigurationItem,
  type Group,
  groupsOf,
  keyOfVariable,
  lookOfSet,
  lookOfState,
  nameOf,
  wordOfBounds,
  wordOfRefusal,
  wordOfVariable,
} from "../configuration_words.ts";
import { useApi, useLiveEvents, usePolling, useQuery, useThrottled } from "../live.tsx";
import { stationOf } from "../live_merge.ts";
import type { Command, List, Station } from "../shapes.ts";

type Own = StationConfiguration["variables"];

interface VariablesProps {
  readonly station: Station;
  /** What is intended, by `keyOfVariable`. */
  readonly intended: ReadonlyMap<string, ConfigurationItem>;
  /** What is intended of this station alone. */
  readonly own: Own;
  readonly onIntended: () => void;
}

/** Everything that can be set or read, searchable, by component; values are changed in place. */
export function VariablesCard(props: VariablesProps): ReactElement {
  const { station } = props;
  const [search, setSearch] = useState("");
  const [asked] = useDebouncedValue(search.trim(), 250);
  const path = `/stations/${segment(station.id)}/variables`;
  const query = useQuery<List<Variable>>(withQuery(path, { search: asked, limit: 1000 }));
  const reload = useThrottled(query.reload, 500);
  useLiveEvents((events) => {
    if (events.some((event) => stationOf(event) === station.id)) reload();
  });
  // Reports are no events.
  usePolling(query.reload, 5_000, station.presence.connected);
  const variables = query.value?.items;
  return (
    <Card title="Variables" beside={<ReadAll station={station} />} flush>
      <div className="filters" role="search">
        <TextInput
          className="grow"
          aria-label="Search variables"
          placeholder="Search by name, component or value"
          leftSection={<Icon name="search" size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      {query.error === undefined ? null : (
        <div className="card-body">
          <ProblemNote error={query.error} onRetry={query.reload} />
        </div>
      )}
      {variables?.length === 0
        ? <NoVariables isSearch={asked !== ""} isAway={!station.presence.connected} />
        : groupsOf(variables ?? []).map((group) => (
          <VariableGroup key={group.word} {...props} group={group} onChanged={query.reload} />
        ))}
      {(query.value?.nextCursor ?? null) === null ? null : (
        <p className="advice card-body">
          These are the first thousand. Search for a name to find others.
        </p>
      )}
    </Card>
  );
}

function NoVariables({ isSearch, isAway }: { isSearch: boolean; isAway: boolean }): ReactElement {
  if (isSearch) {
    return (
      <Empty title="Nothing of that name">
        <p>Try a part of the name, or ask the station for all it has.</p>
      </Empty>
    );
  }
  return (
    <Empty title="Nothing is known yet">
      <p>
        {isAway
          ? "When the station is connected it can be asked for everything it has."
          : "Ask the station for all it has: what it tells appears here within seconds."}
      </p>
    </Empty>
  );
}

function ReadAll({ station }: { station: Station }): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const read = (): void =>
    void run(async () => {
      await api.post<Command>(`/stations/${segment(station.id)}/commands/get-report`, {
        base: "Full",
      });
      toasts.done(`${station.id} is asked for all it has`);
    });
  return (
    <Button
      variant="default"
      size="compact-xs"
      loading={busy}
      disabled={!station.presence.connected}
      onClick={read}
    >
      Read all
    </Button>
  );
}

interface GroupProps extends VariablesProps {
  readonly group: Group;
  readonly onChanged: () => void;
}

function VariableGroup(props: GroupProps): ReactElement {
  const { group: { word, variables }, intended } = props;
  const differing = variables.filter((variable) => {
    const state = intended.get(keyOfVariable(variable))?.state;
    return state !== undefined && state !== "same";
  }).length;
  return (
    <section className="variable-group" aria-label={word}>
      <h3>
        {word}
        <span className="soft small">{variables.length}</span>
        {differing === 0
          ? null
          : <span className="small" data-tone="occupied">{differing} not as intended</span>}
      </h3>
      <ul>
        {variables.map((variable) => (
          <VariableRow key={keyOfVariable(variable)} {...props} variable={variable} />
        ))}
      </ul>
    </section>
  );
}

interface RowProps extends VariablesProps {
  readonly variable: Variable;
  readonly onChanged: () => void;
}

function VariableRow(props: RowProps): ReactElement {
  const { variable, intended } = props;
  const [isEditing, setIsEditing] = useState(false);
  const item = intended.get(keyOfVariable(variable));
  const isFixed = variable.mutability === "ReadOnly" || variable.secret ||
    variable.constant === true;
  const look = item === undefined ? lookOfSet(variable.set) : lookOfState[item.state];
  const close = (): void => setIsEditing(false);
  return (
    <li className="variable">
      <span className="variable-name">{wordOfVariable(variable)}</span>
      {isEditing ? <ValueForm {...props} onClose={close} /> : (
        <>
          <span className="variable-value">
            <ValueText variable={variable} />
            {item === undefined || item.state === "same"
              ? null
              : <span className="soft small">{` should be ${item.intended}`}</span>}
          </span>
          <span className="variable-state">
            {look === undefined ? null : <Chip look={look} />}
          </span>
          <span className="soft small variable-at">
            <Instant at={variable.reportedAt} as="ago" />
          </span>
          <span className="variable-edit">
            {isFixed ? null : (
              <Button
                variant="default"
                size="compact-xs"
                aria-label={`Change ${wordOfVariable(variable)}`}
                onClick={() => setIsEditing(true)}
              >
                Change
              </Button>
            )}
          </span>
        </>
      )}
    </li>
  );
}

function ValueText({ variable }: { variable: Variable }): ReactElement {
  const { value, secret, unit, status, mutability } = variable;
  if (secret) return <span className="soft">Secret</span>;
  if (value === null) {
    const why = mutability === "WriteOnly"
      ? "Never told"
      : status === null || status === "Accepted"
      ? "Not told"
      : wordOfRefusal(status);
    return <span className="soft">{why}</span>;
  }
  if (value === "") return <span className="soft">Empty</span>;
  return (
    <>
      <span className="mono">{value}</span>
      {unit === undefined ? null : <span className="soft">{` ${unit}`}</span>}
    </>
  );
}

/** The value goes to the station; its answer shows in the row. */
function ValueForm(props: RowProps & { readonly onClose: () => void }): ReactElement {
  const { station, variable, own, intended, onClose } = props;
  const item = intended.get(keyOfVariable(variable));
  const [value, setValue] = useState(item?.intended ?? variable.value ?? "");
  const [isKept, setIsKept] = useState(item !== undefined);
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const save = async (): Promise<void> => {
    const set = { ...nameOf(variable), value };
    const path = `/stations/${segment(station.id)}`;
    const done = await run(async () => {
      if (isKept || item?.template === null) {
        const others = own.filter((each) => keyOfVariable(each) !== keyOfVariable(variable));
        const variables = isKept ? [...others, set] : others;
        await api.put(`${path}/configuration`, { variables });
        props.onIntended();
      }
      await api.post<Command>(`${path}/commands/set-variables`, { variables: [set] });
      toasts.done(`${variable.variable} is on its way to ${station.id}`);
      props.onChanged();
    });
    if (done) onClose();
  };
  const bounds = wordOfBounds(variable);
  return (
    <div className="variable-form">
      <Form onSubmit={save}>
        <div className="row">
          <TextInput
            className="grow"
            aria-label={`Value of ${wordOfVariable(variable)}`}
            {...(bounds === "" ? {} : { description: bounds })}
            inputWrapperOrder={["label", "input", "description"]}
            value={value}
            maxLength={1_000}
            onChange={(event) => setValue(event.currentTarget.value)}
            data-autofocus
            autoFocus
          />
          <Button type="submit" size="sm" loading={busy}>Send</Button>
          <Button variant="default" size="sm" onClick={onClose}>Cancel</Button>
        </div>
        <Checkbox
          size="xs"
          label="Keep it so: tell me when the station differs"
          checked={isKept}
          onChange={(event) => setIsKept(event.currentTarget.checked)}
        />
        {station.presence.connected
          ? null
          : <p className="advice">The station is away: the value waits a minute for it.</p>}
      </Form>
    </div>
  );
}
