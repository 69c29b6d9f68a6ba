import { Button, Checkbox, Modal, NumberInput, Select } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { Variable } from "#schemas/rest/device_model.ts";
import { segment, withQuery } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  keyOfVariable,
  lookOfSeverity,
  nameOf,
  wordOfComponent,
  wordOfVariable,
} from "../configuration_words.ts";
import { useApi, useQuery } from "../live.tsx";
import type { Command, List, Station } from "../shapes.ts";

const kinds = [
  { value: "UpperThreshold", label: "It rises above" },
  { value: "LowerThreshold", label: "It falls below" },
  { value: "Delta", label: "It changes by" },
  { value: "Periodic", label: "Again and again, every … seconds" },
  { value: "PeriodicClockAligned", label: "The same, aligned to the clock" },
];

export function WatchButton({ station }: { station: Station }): ReactElement {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        size="compact-xs"
        disabled={!station.presence.connected}
        onClick={() => setOpened(true)}
      >
        Watch…
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={`What ${station.id} should watch`}
      >
        {opened ? <WatchForm station={station} onClose={() => setOpened(false)} /> : null}
      </Modal>
    </>
  );
}

interface WatchProps {
  readonly station: Station;
  readonly onClose: () => void;
}

function WatchForm({ station, onClose }: WatchProps): ReactElement {
  const path = `/stations/${segment(station.id)}`;
  const variables = useQuery<List<Variable>>(withQuery(`${path}/variables`, { limit: 1000 }));
  const [key, setKey] = useState<string | null>(null);
  const [type, setType] = useState("UpperThreshold");
  const [value, setValue] = useState<string | number>("");
  const [severity, setSeverity] = useState("4");
  const [isWhileCharging, setIsWhileCharging] = useState(false);
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const watchable = (variables.value?.items ?? []).filter(isWatchable);
  const chosen = watchable.find((variable) => keyOfVariable(variable) === key);
  const watch = async (): Promise<void> => {
    if (chosen === undefined) return;
    const { attribute: _, ...name } = nameOf(chosen);
    const monitor = {
      ...name,
      ...{ type, value: Number(value), severity: Number(severity) },
      ...(isWhileCharging ? { transaction: true } : {}),
    };
    const done = await run(async () => {
      await api.post<Command>(`${path}/commands/set-monitoring`, { monitors: [monitor] });
      toasts.done(`${station.id} is asked to watch it`);
    });
    if (done) onClose();
  };
  return (
    <Form onSubmit={watch}>
      <WhatSelect watchable={watchable} value={key} onChange={setKey} />
      <Select
        label="Tell me when"
        data={kinds}
        value={type}
        allowDeselect={false}
        onChange={(chosenType) => setType(chosenType ?? "UpperThreshold")}
      />
      <NumberInput
        label={type.startsWith("Periodic") ? "Seconds" : "Value"}
        {...(chosen?.unit === undefined || type.startsWith("Periodic")
          ? {}
          : { suffix: ` ${chosen.unit}` })}
        value={value}
        onChange={setValue}
      />
      <SeveritySelect severity={severity} onChange={setSeverity} />
      <Checkbox
        label="Only while something charges"
        checked={isWhileCharging}
        onChange={(event) => setIsWhileCharging(event.currentTarget.checked)}
      />
      <FormEnd
        onClose={onClose}
        busy={busy}
        word="Watch"
        disabled={chosen === undefined || value === ""}
      />
    </Form>
  );
}

interface WhatProps {
  readonly watchable: readonly Variable[];
  readonly value: string | null;
  readonly onChange: (key: string | null) => void;
}

function WhatSelect({ watchable, value, onChange }: WhatProps): ReactElement {
  return (
    <Select
      label="What"
      description={watchable.length === 0
        ? "Nothing is known that it could watch: use Read all first."
        : "What the station says it can watch"}
      data={watchable.map((variable) => ({
        value: keyOfVariable(variable),
        label: `${wordOfComponent(variable)} ${wordOfVariable(variable)}`,
      }))}
      value={value}
      onChange={onChange}
      searchable
    />
  );
}

function isWatchable({ supportsMonitoring, attribute }: Variable): boolean {
  return supportsMonitoring === true && attribute === "Actual";
}

function SeveritySelect(
  { severity, onChange }: { severity: string; onChange: (severity: string) => void },
): ReactElement {
  return (
    <Select
      label="How serious that is"
      description="The first four open an alert"
      data={Array.from({ length: 10 }, (_, level) => ({
        value: String(level),
        label: `${level} · ${lookOfSeverity(level).word}`,
      }))}
      value={severity}
      allowDeselect={false}
      onChange={(level) => onChange(level ?? "4")}
    />
  );
}
