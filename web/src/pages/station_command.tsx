import { Modal, Select } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { wordsOfKind } from "../command_advice.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { ProblemNote } from "../components/page.tsx";
import { type FieldSchema, SchemaFields } from "../components/schema_form.tsx";
import { useAction } from "../components/toasts.tsx";
import { useQuery } from "../live.tsx";
import type { CommandKind, Station } from "../shapes.ts";
import type { StationCommands } from "../station_live.ts";

interface KindInfo {
  readonly kind: CommandKind;
  readonly summary: string;
  readonly body: FieldSchema;
}

interface CommandDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly station: Station;
  readonly commands: StationCommands;
}

/** Every command that the platform knows, each as a form. */
export function CommandDialog(props: CommandDialogProps): ReactElement {
  const { opened, onClose, station, commands } = props;
  const kinds = useQuery<{ readonly items: readonly KindInfo[] }>(
    opened ? "/command-kinds" : null,
  );
  const [kind, setKind] = useState<string | null>(null);
  const [body, setBody] = useState<Readonly<Record<string, unknown>>>({});
  const { busy, run } = useAction();
  const chosen = kinds.value?.items.find((one) => one.kind === kind);
  const send = async (): Promise<void> => {
    if (chosen === undefined) return;
    if (await run(() => commands.send(chosen.kind, body))) {
      setBody({});
      onClose();
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Command to ${station.id}`} size="lg">
      <Form onSubmit={send}>
        {kinds.error === undefined
          ? null
          : <ProblemNote error={kinds.error} onRetry={kinds.reload} />}
        <Select
          label="What the station shall do"
          data={(kinds.value?.items ?? []).map((one) => ({
            value: one.kind,
            label: `${wordsOfKind(one.kind)}: ${lowerFirst(one.summary)}`,
          }))}
          value={kind}
          onChange={(next) => {
            setKind(next);
            setBody({});
          }}
          searchable
          nothingFoundMessage="There is no such command"
          maxDropdownHeight={320}
          data-autofocus
        />
        {chosen === undefined
          ? null
          : <SchemaFields key={chosen.kind} schema={chosen.body} value={body} onChange={setBody} />}
        <FormEnd onClose={onClose} busy={busy} word="Send" disabled={chosen === undefined} />
      </Form>
    </Modal>
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
