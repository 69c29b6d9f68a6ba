import { Button, Modal, SegmentedControl, Select, TagsInput, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { withQuery } from "../api.ts";
import { triggerChoices, triggersOf, wordOfTrigger } from "../command_advice.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Card, Empty, PageHead } from "../components/page.tsx";
import { useAction } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { ChargingLocation, CommandBatch, CommandMany, List, Station } from "../shapes.ts";
import { BatchProgress } from "./command_progress.tsx";

const kinds = [
  { value: "trigger", label: "Trigger a message" },
  { value: "reset", label: "Reset" },
  { value: "availability", label: "Change availability" },
] as const;
type Kind = typeof kinds[number]["value"];

interface Draft {
  readonly kind: Kind;
  readonly message: string;
  readonly resetType: string;
  readonly operational: string;
  readonly search: string;
  readonly tag: string;
  readonly status: string | null;
  readonly locationId: string | null;
  readonly stationIds: readonly string[];
}

const emptyDraft: Draft = {
  kind: "trigger",
  message: "StatusNotification",
  resetType: "OnIdle",
  operational: "true",
  search: "",
  tag: "",
  status: null,
  locationId: null,
  stationIds: [],
};

/** One command for many stations, with its progress at each. */
export function CommandsPage(): ReactElement {
  const [draft, setDraft] = useState(emptyDraft);
  const [by, setBy] = useState("filter");
  const [asking, setAsking] = useState(false);
  const [batchId, setBatchId] = useState<string>();
  const api = useApi();
  const { busy, run } = useAction();
  const request = requestOf(draft, by);
  const matching = useQuery<List<Station>>(
    by === "filter" ? withQuery("/stations", { ...request.filter, limit: 1_000 }) : null,
  );
  const count = by === "list" ? draft.stationIds.length : matching.value?.items.length ?? 0;
  const counted = by === "filter" && matching.value?.nextCursor !== null
    ? "more than 1,000"
    : String(count);
  const send = async (): Promise<void> => {
    const done = await run(async () => {
      const batch = await api.post<CommandBatch>("/commands", request);
      setBatchId(batch.id);
    });
    if (done) setAsking(false);
  };
  return (
    <>
      <PageHead title="Commands" />
      <div className="columns commands-columns">
        <Card title="Send to many stations">
          <Form onSubmit={() => setAsking(true)}>
            <WhatFields draft={draft} onChange={setDraft} />
            <SegmentedControl
              aria-label="Which stations"
              value={by}
              onChange={setBy}
              data={[{ value: "filter", label: "By filter" }, { value: "list", label: "By list" }]}
            />
            {by === "filter" ? <FilterFields draft={draft} onChange={setDraft} /> : (
              <TagsInput
                label="Station ids"
                description="Enter after each, or paste a list separated by commas or spaces."
                value={[...draft.stationIds]}
                onChange={(stationIds) => setDraft({ ...draft, stationIds })}
                splitChars={[",", " ", "\n", ";"]}
              />
            )}
            <Button type="submit" size="sm" disabled={count === 0}>
              {count === 0
                ? "No station chosen"
                : `Send to ${counted} ${count === 1 ? "station" : "stations"}…`}
            </Button>
          </Form>
        </Card>
        <Card title="Progress" flush>
          {batchId === undefined
            ? (
              <Empty title="Nothing sent yet">
                <p>Choose a command and its stations. What each of them answers shows here.</p>
              </Empty>
            )
            : <BatchProgress key={batchId} batchId={batchId} />}
        </Card>
      </div>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Send now?">
        <p style={{ marginTop: 0 }}>{sentence(draft, counted)}</p>
        <Form onSubmit={send}>
          <FormEnd onClose={() => setAsking(false)} busy={busy} word="Send" />
        </Form>
      </Modal>
    </>
  );
}

function requestOf(draft: Draft, by: string): CommandMany {
  const { search, tag, status, locationId, stationIds } = draft;
  const which = by === "list" ? { stationIds: [...stationIds] } : {
    filter: {
      ...(search.trim() === "" ? {} : { search: search.trim() }),
      ...(tag.trim() === "" ? {} : { tag: tag.trim() }),
      ...(status === null ? {} : { status }),
      ...(locationId === null ? {} : { locationId }),
      connected: true,
    },
  };
  return { ...which, kind: draft.kind, body: bodyOf(draft) };
}

function bodyOf(draft: Draft): Record<string, unknown> {
  if (draft.kind === "trigger") return { message: draft.message };
  if (draft.kind === "reset") return { type: draft.resetType };
  return { operational: draft.operational === "true" };
}

function sentence(draft: Draft, count: string): string {
  const stations = count === "1" ? "1 station" : `${count} stations`;
  if (draft.kind === "trigger") {
    return `${stations} will be asked: ${wordOfTrigger(draft.message).toLowerCase()}.`;
  }
  if (draft.kind === "availability") {
    return `${stations} will be set ${draft.operational === "true" ? "operative" : "inoperative"}.`;
  }
  return draft.resetType === "Immediate"
    ? `${stations} will restart at once; their running sessions end.`
    : `${stations} will restart when idle.`;
}

interface FieldsProps {
  readonly draft: Draft;
  readonly onChange: (draft: Draft) => void;
}

function WhatFields({ draft, onChange }: FieldsProps): ReactElement {
  const kindOf = (value: string | null): Kind =>
    kinds.find((kind) => kind.value === value)?.value ?? "trigger";
  return (
    <div className="form-pair">
      <Select
        label="Command"
        allowDeselect={false}
        data={kinds}
        value={draft.kind}
        onChange={(value) => onChange({ ...draft, kind: kindOf(value) })}
      />
      {draft.kind === "trigger"
        ? (
          <Select
            label="Message"
            allowDeselect={false}
            data={triggerChoices([
              ...new Set([...triggersOf("ocpp1.6"), ...triggersOf("ocpp2.0.1")]),
            ])}
            value={draft.message}
            onChange={(value) => onChange({ ...draft, message: value ?? "StatusNotification" })}
          />
        )
        : null}
      {draft.kind === "reset"
        ? (
          <Select
            label="When"
            allowDeselect={false}
            data={[{ value: "OnIdle", label: "When idle" }, {
              value: "Immediate",
              label: "At once",
            }]}
            value={draft.resetType}
            onChange={(value) => onChange({ ...draft, resetType: value ?? "OnIdle" })}
          />
        )
        : null}
      {draft.kind === "availability"
        ? (
          <Select
            label="Availability"
            allowDeselect={false}
            data={[{ value: "true", label: "Operative" }, { value: "false", label: "Inoperative" }]}
            value={draft.operational}
            onChange={(value) => onChange({ ...draft, operational: value ?? "true" })}
          />
        )
        : null}
    </div>
  );
}

function FilterFields({ draft, onChange }: FieldsProps): ReactElement {
  const locations = useQuery<List<ChargingLocation>>("/locations?limit=1000");
  return (
    <>
      <p className="advice" style={{ margin: 0 }}>
        Goes to the stations that are connected now and match all of this.
      </p>
      <div className="form-pair">
        <TextInput
          label="Text"
          placeholder="Id, vendor, model…"
          value={draft.search}
          onChange={(event) => onChange({ ...draft, search: event.currentTarget.value })}
        />
        <TextInput
          label="Tag"
          value={draft.tag}
          onChange={(event) => onChange({ ...draft, tag: event.currentTarget.value })}
        />
      </div>
      <div className="form-pair">
        <Select
          label="Connector status"
          placeholder="Any"
          clearable
          data={["Available", "Occupied", "Charging", "Unavailable", "Faulted"]}
          value={draft.status}
          onChange={(status) => onChange({ ...draft, status })}
        />
        <Select
          label="Location"
          placeholder="Any"
          clearable
          searchable
          data={(locations.value?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.locationId}
          onChange={(locationId) => onChange({ ...draft, locationId })}
        />
      </div>
    </>
  );
}
