/** A form made from the JSON Schema of what is to be filled in: no field is forgotten. */
import {
  ActionIcon,
  Checkbox,
  JsonInput,
  NumberInput,
  Select,
  TagsInput,
  TextInput,
} from "@mantine/core";
import type { ReactElement } from "react";
import { isRecord } from "../live_feed.ts";
import { wordsOfField } from "./schema_values.ts";

export interface FieldSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly FieldSchema[];
  readonly format?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: FieldSchema;
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

interface FieldsProps {
  readonly schema: FieldSchema;
  readonly value: Readonly<Record<string, unknown>>;
  readonly onChange: (value: Readonly<Record<string, unknown>>) => void;
}

/** The fields of an object. What is left empty is left out. */
export function SchemaFields({ schema, value, onChange }: FieldsProps): ReactElement {
  const required = new Set(schema.required ?? []);
  const set = (name: string, field: unknown): void => {
    const { [name]: _, ...others } = value;
    onChange(field === undefined ? others : { ...others, [name]: field });
  };
  return (
    <>
      {Object.entries(schema.properties ?? {}).map(([name, field]) => (
        <SchemaField
          key={name}
          name={name}
          schema={field}
          isRequired={required.has(name)}
          value={value[name]}
          onChange={(next) => set(name, next)}
        />
      ))}
    </>
  );
}

interface FieldProps {
  readonly name: string;
  readonly schema: FieldSchema;
  readonly isRequired: boolean;
  readonly value: unknown;
  readonly onChange: (value: unknown) => void;
}

function SchemaField(props: FieldProps): ReactElement {
  const { name, isRequired, value, onChange } = props;
  const schema = withoutNull(props.schema);
  const label = schema.title !== undefined && schema.type !== "object"
    ? schema.title
    : wordsOfField(name);
  const common = {
    label,
    description: schema.description,
    required: isRequired,
    withAsterisk: isRequired,
  };
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    return (
      <Select
        {...common}
        data={choices.map(String)}
        value={value === undefined ? null : String(value)}
        onChange={(word) => onChange(choices.find((choice) => String(choice) === word))}
        clearable={!isRequired}
        searchable={choices.length > 8}
      />
    );
  }
  if (schema.type === "boolean") {
    return (
      <Checkbox
        label={label}
        description={schema.description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (schema.type === "integer" || schema.type === "number") {
    return <NumberField {...props} schema={schema} label={label} />;
  }
  if (schema.type === "array") return <ListField {...props} schema={schema} />;
  if (schema.type === "object" && schema.properties !== undefined) {
    return (
      <fieldset className="fields">
        <legend>{label}</legend>
        <SchemaFields
          schema={schema}
          value={isRecord(value) ? value : {}}
          onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
        />
      </fieldset>
    );
  }
  if (schema.type === "string") return <TextField {...props} schema={schema} label={label} />;
  return (
    <JsonInput
      {...common}
      defaultValue={value === undefined ? "" : JSON.stringify(value, null, 2)}
      onChange={(text) => onChange(parsed(text))}
      validationError="This is no JSON"
      autosize
      minRows={2}
      maxRows={12}
    />
  );
}

function NumberField(
  { schema, label, isRequired, value, onChange }: FieldProps & { readonly label: string },
): ReactElement {
  return (
    <NumberInput
      label={label}
      description={schema.description}
      required={isRequired}
      withAsterisk={isRequired}
      value={typeof value === "number" ? value : ""}
      allowDecimal={schema.type === "number"}
      {...(schema.minimum === undefined ? {} : { min: schema.minimum })}
      {...(schema.maximum === undefined ? {} : { max: schema.maximum })}
      onChange={(next) => onChange(typeof next === "number" ? next : undefined)}
    />
  );
}

function TextField(
  { schema, label, isRequired, value, onChange }: FieldProps & { readonly label: string },
): ReactElement {
  const isInstant = schema.format === "date-time";
  return (
    <TextInput
      label={label}
      description={schema.description}
      required={isRequired}
      withAsterisk={isRequired}
      type={isInstant ? "datetime-local" : "text"}
      value={typeof value === "string" ? isInstant ? localTime(value) : value : ""}
      {...(schema.maxLength === undefined ? {} : { maxLength: schema.maxLength })}
      onChange={(event) => {
        const text = event.currentTarget.value;
        if (text === "") onChange(undefined);
        else onChange(isInstant ? new Date(text).toISOString() : text);
      }}
    />
  );
}

/** Texts as tags; objects as a form each. */
function ListField({ name, schema, isRequired, value, onChange }: FieldProps): ReactElement {
  const entries: readonly unknown[] = Array.isArray(value) ? value : [];
  const items = withoutNull(schema.items ?? {});
  const label = wordsOfField(name);
  const change = (next: readonly unknown[]): void => onChange(next.length === 0 ? undefined : next);
  if (items.properties === undefined) {
    const isNumber = items.type === "integer" || items.type === "number";
    return (
      <TagsInput
        label={label}
        description={schema.description ?? "Press Enter after each one."}
        withAsterisk={isRequired}
        data={(choicesOf(items) ?? []).map(String)}
        value={entries.map(String)}
        onChange={(words) => change(isNumber ? words.map(Number) : words)}
      />
    );
  }
  const shown = entries.length === 0 && isRequired ? [{}] : entries;
  return (
    <fieldset className="fields">
      <legend>{label}</legend>
      {shown.map((entry, index) => (
        <div key={index} className="fields-entry">
          <SchemaFields
            schema={items}
            value={isRecord(entry) ? entry : {}}
            onChange={(next) => change(shown.map((one, at) => at === index ? next : one))}
          />
          <ActionIcon
            variant="subtle"
            aria-label={`Remove ${label} ${index + 1}`}
            onClick={() => change(shown.filter((_, at) => at !== index))}
          >
            ×
          </ActionIcon>
        </div>
      ))}
      <button type="button" className="link" onClick={() => change([...shown, {}])}>
        Add another
      </button>
    </fieldset>
  );
}

function choicesOf(schema: FieldSchema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum;
  const consts = schema.anyOf?.map((one) => one.const);
  return consts !== undefined && consts.every((one) => one !== undefined) ? consts : undefined;
}

/** What may be null may be left empty. */
function withoutNull(schema: FieldSchema): FieldSchema {
  const others = schema.anyOf?.filter((one) => one.type !== "null");
  const [only] = others ?? [];
  return others?.length === 1 && only !== undefined ? only : schema;
}

function parsed(text: string): unknown {
  try {
    return text.trim() === "" ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As the browser's field for date and time takes it. */
function localTime(instant: string): string {
  const at = new Date(instant);
  if (Number.isNaN(at.getTime())) return "";
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
