import { Button, Select } from "@mantine/core";
import type { ReactElement } from "react";
import { wordsOfKind } from "../command_advice.ts";
import { Icon } from "../components/icons.tsx";
import { ProblemNote } from "../components/page.tsx";
import { type FieldSchema, SchemaFields } from "../components/schema_form.tsx";
import { useQuery } from "../live.tsx";
import type { CommandKind } from "../shapes.ts";

export interface Step {
  readonly kind: CommandKind | null;
  readonly body: Readonly<Record<string, unknown>>;
}

export const emptyStep: Step = { kind: null, body: {} };

interface KindInfo {
  readonly kind: CommandKind;
  readonly summary: string;
  readonly body: FieldSchema;
}

const STEPS_MAX = 10;
/** They name something that each station has of its own. */
const single: ReadonlySet<string> = new Set(["remote-start", "remote-stop", "set-password"]);

interface StepFieldsProps {
  readonly steps: readonly Step[];
  readonly onChange: (steps: readonly Step[]) => void;
}

/** What each station shall do, one after the other. */
export function StepFields({ steps, onChange }: StepFieldsProps): ReactElement {
  const kinds = useQuery<{ readonly items: readonly KindInfo[] }>("/command-kinds");
  const known = (kinds.value?.items ?? []).filter(({ kind }) => !single.has(kind));
  const change = (index: number, step: Step): void =>
    onChange(steps.map((each, n) => n === index ? step : each));
  return (
    <>
      {kinds.error === undefined
        ? null
        : <ProblemNote error={kinds.error} onRetry={kinds.reload} />}
      {steps.map((step, index) => (
        <fieldset key={index} className="fields">
          <legend>{steps.length === 1 ? "Command" : `Step ${index + 1}`}</legend>
          <StepField
            step={step}
            kinds={known}
            label={index === 0 ? "What the stations shall do" : "And then"}
            onChange={(next) => change(index, next)}
          />
          {steps.length === 1 ? null : (
            <div className="row" style={{ justifyContent: "flex-end" }}>
              <Button
                variant="subtle"
                color="red"
                onClick={() => onChange(steps.filter((_, n) => n !== index))}
              >
                Remove this step
              </Button>
            </div>
          )}
        </fieldset>
      ))}
      {steps.length >= STEPS_MAX ? null : (
        <div>
          <Button
            variant="default"
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => onChange([...steps, emptyStep])}
          >
            Add a step
          </Button>
          <p className="advice">
            A station goes on to the next step when it has accepted the one before.
          </p>
        </div>
      )}
    </>
  );
}

interface StepFieldProps {
  readonly step: Step;
  readonly kinds: readonly KindInfo[];
  readonly label: string;
  readonly onChange: (step: Step) => void;
}

function StepField({ step, kinds, label, onChange }: StepFieldProps): ReactElement {
  const info = kinds.find(({ kind }) => kind === step.kind);
  return (
    <>
      <Select
        label={label}
        data={kinds.map(({ kind, summary }) => ({
          value: kind,
          label: `${wordsOfKind(kind)}: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`,
        }))}
        value={step.kind}
        onChange={(value) => {
          const chosen = kinds.find(({ kind }) => kind === value);
          onChange({ kind: chosen?.kind ?? null, body: {} });
        }}
        searchable
        nothingFoundMessage="There is no such command"
        maxDropdownHeight={320}
      />
      {info === undefined ? null : (
        <SchemaFields
          key={info.kind}
          schema={info.body}
          value={step.body}
          onChange={(body) => onChange({ ...step, body })}
        />
      )}
    </>
  );
}
