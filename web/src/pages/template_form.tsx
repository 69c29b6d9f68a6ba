import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { attributeTypes } from "#schemas/device_variable.ts";
import type { ConfigurationTemplate } from "#schemas/rest/device_model.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Icon } from "../components/icons.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import {
  draftOf,
  type DraftRow,
  hasDetails,
  newRow,
  problemsOf,
  protocolWords,
  settingsOf,
  type TemplateDraft,
  warningOf,
} from "../template_words.ts";

/** As the REST API bounds them. */
const ROWS_MAX = 500;
const NAME_LENGTH_MAX = 50;

interface FormProps {
  /** Undefined = a new one. */
  readonly template: ConfigurationTemplate | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function TemplateForm({ template, onClose, onSaved }: FormProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(() => draftOf(template));
  const set = (change: Partial<TemplateDraft>): void =>
    setDraft((before) => ({ ...before, ...change }));
  const settings = settingsOf(draft);
  const problems = problemsOf(draft.rows);
  const id = draft.id.trim();
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const path = "/configuration-templates";
      if (template === undefined) await api.post(path, { id, ...settings });
      else await api.put(`${path}/${segment(template.id)}`, settings);
      toasts.done(`${id} is saved, and the stations it is for are compared with it`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <Form onSubmit={save}>
      <div className="form-pair">
        <TextInput
          label="Name"
          value={draft.id}
          onChange={(event) => set({ id: event.currentTarget.value })}
          maxLength={255}
          disabled={template !== undefined}
          data-autofocus
        />
        <TextInput
          label="Description"
          value={draft.description}
          onChange={(event) => set({ description: event.currentTarget.value })}
          maxLength={4_000}
        />
      </div>
      <MatchFields draft={draft} set={set} isForAll={isForAll(settings)} />
      <Rows draft={draft} set={set} problems={problems} />
      <p className="advice" style={{ margin: 0 }}>
        Saving sends nothing to a station. One that differs opens an alert; its tab Configuration
        sends it what differs.
      </p>
      <FormEnd
        onClose={onClose}
        busy={busy}
        word="Save"
        disabled={id === "" || problems.size > 0 || settings.variables.length === 0}
      />
    </Form>
  );
}

function isForAll({ match, protocol }: Pick<ConfigurationTemplate, "match" | "protocol">): boolean {
  return Object.keys(match).length === 0 && protocol === undefined;
}

interface FieldsProps {
  readonly draft: TemplateDraft;
  readonly set: (change: Partial<TemplateDraft>) => void;
}

const criteria = [
  { field: "vendor", label: "Vendor", placeholder: "Any" },
  { field: "model", label: "Model", placeholder: "Any" },
  { field: "firmware", label: "Firmware", placeholder: "Any, or 1.4*" },
  { field: "tag", label: "Tag", placeholder: "Any" },
] as const;

function MatchFields({ draft, set, isForAll }: FieldsProps & { isForAll: boolean }): ReactElement {
  return (
    <fieldset className="template-part">
      <legend>For which stations</legend>
      <div className="template-criteria">
        {criteria.map(({ field, label, placeholder }) => (
          <TextInput
            key={field}
            label={label}
            placeholder={placeholder}
            value={draft[field]}
            onChange={(event) => set({ [field]: event.currentTarget.value })}
            maxLength={NAME_LENGTH_MAX}
          />
        ))}
        <Select
          label="OCPP version"
          placeholder="Any"
          clearable
          size="sm"
          data={Object.entries(protocolWords).map(([value, label]) => ({ value, label }))}
          value={draft.protocol}
          onChange={(value) => set({ protocol: protocolOf(value) })}
        />
      </div>
      <p className="advice">
        {isForAll
          ? "Nothing is chosen: it is for every station."
          : "All that is filled in must fit. Where templates disagree, the one with more filled in counts."}
      </p>
    </fieldset>
  );
}

function protocolOf(value: string | null): TemplateDraft["protocol"] {
  return value === "ocpp1.6" || value === "ocpp2.0.1" || value === "ocpp2.1" ? value : null;
}

interface RowsProps extends FieldsProps {
  readonly problems: ReadonlyMap<number, string>;
}

function Rows({ draft, set, problems }: RowsProps): ReactElement {
  const { rows, protocol } = draft;
  const add = (): void =>
    set({ rows: [...rows, newRow(1 + Math.max(-1, ...rows.map(({ key }) => key)))] });
  const replace = (row: DraftRow): void =>
    set({ rows: rows.map((each) => each.key === row.key ? row : each) });
  const remove = ({ key }: DraftRow): void =>
    set({ rows: rows.filter((each) => each.key !== key) });
  return (
    <fieldset className="template-part">
      <legend>What they are set to</legend>
      <p className="advice">
        A configuration key of OCPP 1.6 has no component: leave it empty.
      </p>
      <div className="template-rows">
        {rows.map((row, place) => (
          <Row
            key={row.key}
            row={row}
            word={`Value ${place + 1}`}
            problem={problems.get(row.key)}
            warning={warningOf(row, protocol)}
            onChange={replace}
            onRemove={remove}
          />
        ))}
      </div>
      <Button
        variant="default"
        leftSection={<Icon name="plus" size={14} />}
        disabled={rows.length >= ROWS_MAX}
        onClick={add}
      >
        Add a value
      </Button>
    </fieldset>
  );
}

interface RowProps {
  readonly row: DraftRow;
  /** What screen readers call it. */
  readonly word: string;
  readonly problem: string | undefined;
  readonly warning: string | undefined;
  readonly onChange: (row: DraftRow) => void;
  readonly onRemove: (row: DraftRow) => void;
}

function Row({ row, word, problem, warning, onChange, onRemove }: RowProps): ReactElement {
  const [isOpen, setIsOpen] = useState(() => hasDetails(row));
  const set = (change: Partial<DraftRow>): void => onChange({ ...row, ...change });
  return (
    <div className="template-row" role="group" aria-label={word}>
      <TextInput
        label="Component"
        maxLength={NAME_LENGTH_MAX}
        value={row.component}
        onChange={(event) => set({ component: event.currentTarget.value })}
      />
      <TextInput
        label="Variable"
        maxLength={NAME_LENGTH_MAX}
        value={row.variable}
        onChange={(event) => set({ variable: event.currentTarget.value })}
      />
      <TextInput
        label="Value"
        maxLength={1_000}
        value={row.value}
        onChange={(event) => set({ value: event.currentTarget.value })}
      />
      <span className="template-row-end">
        <Button
          variant="subtle"
          aria-expanded={isOpen}
          disabled={isOpen && hasDetails(row)}
          onClick={() => setIsOpen(!isOpen)}
        >
          Details
        </Button>
        <Button variant="subtle" color="red" onClick={() => onRemove(row)}>Remove</Button>
      </span>
      {isOpen ? <Details row={row} set={set} /> : null}
      {problem === undefined && warning === undefined ? null : (
        <p
          className="template-row-note"
          role="status"
          data-tone={problem ? "faulted" : "occupied"}
        >
          {problem ?? warning}
        </p>
      )}
    </div>
  );
}

interface DetailsProps {
  readonly row: DraftRow;
  readonly set: (change: Partial<DraftRow>) => void;
}

/** What few variables need: which EVSE, which instance, and what of the variable is set. */
function Details({ row, set }: DetailsProps): ReactElement {
  const numbers = [
    { label: "EVSE", field: "evseId" },
    { label: "Connector", field: "connectorId" },
  ] as const;
  const texts = [
    { label: "Component instance", field: "instance" },
    { label: "Variable instance", field: "variableInstance" },
  ] as const;
  return (
    <div className="template-details">
      {numbers.map(({ label, field }) => (
        <NumberInput
          key={field}
          label={label}
          min={0}
          max={99_999}
          allowDecimal={false}
          value={row[field]}
          onChange={(value) => set({ [field]: value })}
        />
      ))}
      {texts.map(({ label, field }) => (
        <TextInput
          key={field}
          label={label}
          maxLength={NAME_LENGTH_MAX}
          value={row[field]}
          onChange={(event) => set({ [field]: event.currentTarget.value })}
        />
      ))}
      <Select
        label="Attribute"
        allowDeselect={false}
        data={[...attributeTypes]}
        value={row.attribute}
        onChange={(value) =>
          set({ attribute: attributeTypes.find((type) => type === value) ?? "Actual" })}
      />
    </div>
  );
}
