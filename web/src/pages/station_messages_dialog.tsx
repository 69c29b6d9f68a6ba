import { Button, Modal, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useEffect, useState } from "react";
import type { DisplayMessage } from "#schemas/rest/display_message.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import {
  type DisplayPriority,
  type DisplayState,
  isDisplayPriority,
  isDisplayState,
  presets,
  priorityWords,
  statesOf,
  stateWords,
} from "../display_words.ts";
import { useApi } from "../live.tsx";
import type { Station } from "../shapes.ts";
import { useStationSessions } from "../station_live.ts";

interface Draft {
  readonly content: string;
  readonly format: string;
  readonly language: string;
  readonly state: DisplayState | null;
  readonly priority: DisplayPriority;
  /** As the field of the browser has it: local time, empty = none. */
  readonly startAt: string;
  readonly endAt: string;
  readonly sessionId: string | null;
}

const newDraft: Draft = {
  content: "",
  format: "UTF8",
  language: "",
  state: null,
  priority: "NormalCycle",
  startAt: "",
  endAt: "",
  sessionId: null,
};

function draftOf({ message, state, priority, startAt, endAt, sessionId }: DisplayMessage): Draft {
  return {
    content: message.content,
    format: message.format,
    language: message.language ?? "",
    state: isDisplayState(state) ? state : null,
    priority: isDisplayPriority(priority) ? priority : "NormalCycle",
    startAt: localTime(startAt),
    endAt: localTime(endAt),
    sessionId,
  };
}

function bodyOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { content, format, language, state, priority, startAt, endAt, sessionId } = draft;
  const word = language.trim();
  return {
    message: { content: content.trim(), format, ...(word === "" ? {} : { language: word }) },
    priority,
    state,
    startAt: startAt === "" ? null : new Date(startAt).toISOString(),
    endAt: endAt === "" ? null : new Date(endAt).toISOString(),
    sessionId,
  };
}

/** `2026-11-22T17:04`, as fields of local time want it. */
function localTime(instant: string | null): string {
  if (instant === null) return "";
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

interface MessageDialogProps {
  readonly station: Station;
  /** Undefined = closed. */
  readonly editing: DisplayMessage | "new" | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function MessageDialog(props: MessageDialogProps): ReactElement {
  const { station, editing, onClose, onSaved } = props;
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(newDraft);
  useEffect(() => {
    if (editing !== undefined) setDraft(editing === "new" ? newDraft : draftOf(editing));
  }, [editing]);
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const save = async (): Promise<void> => {
    const path = `/stations/${segment(station.id)}/display-messages`;
    const done = await run(async () => {
      if (editing === "new" || editing === undefined) await api.post(path, bodyOf(draft));
      else await api.put(`${path}/${editing.id}`, bodyOf(draft));
      toasts.done(`The message is on its way to ${station.id}`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <Modal
      opened={editing !== undefined}
      onClose={onClose}
      title={editing === "new" ? "New message" : "Change the message"}
    >
      <Form onSubmit={save}>
        {editing === "new" ? <Presets onChoose={set} /> : null}
        <Textarea
          label="Text"
          value={draft.content}
          onChange={(event) => set({ content: event.currentTarget.value })}
          autosize
          minRows={2}
          maxRows={6}
          maxLength={512}
          data-autofocus
        />
        <When station={station} draft={draft} set={set} />
        <Kind station={station} draft={draft} set={set} />
        <FormEnd
          onClose={onClose}
          busy={busy}
          word="Send to the station"
          disabled={draft.content.trim() === ""}
        />
      </Form>
    </Modal>
  );
}

interface FieldsProps {
  readonly station: Station;
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
}

function Presets({ onChoose }: { onChoose: (change: Partial<Draft>) => void }): ReactElement {
  return (
    <div className="row" role="group" aria-label="Begin with">
      {presets.map(({ word, ...preset }) => (
        <Button
          key={word}
          variant="light"
          size="compact-xs"
          onClick={() => onChoose(preset)}
        >
          {word}
        </Button>
      ))}
    </div>
  );
}

function When({ station, draft, set }: FieldsProps): ReactElement {
  return (
    <>
      <div className="form-pair">
        <Select
          label="When"
          allowDeselect={false}
          value={draft.state ?? ""}
          data={[
            { value: "", label: "Always" },
            ...statesOf(station.presence.protocol)
              .map((value) => ({ value, label: stateWords[value] })),
          ]}
          onChange={(value) => set({ state: isDisplayState(value) ? value : null })}
        />
        <Select
          label="Place"
          allowDeselect={false}
          value={draft.priority}
          data={Object.entries(priorityWords).map(([value, label]) => ({ value, label }))}
          onChange={(value) => isDisplayPriority(value) && set({ priority: value })}
        />
      </div>
      <div className="form-pair">
        <TextInput
          label="From"
          type="datetime-local"
          value={draft.startAt}
          onChange={(event) => set({ startAt: event.currentTarget.value })}
        />
        <TextInput
          label="Until"
          type="datetime-local"
          value={draft.endAt}
          onChange={(event) => set({ endAt: event.currentTarget.value })}
        />
      </div>
    </>
  );
}

const formats = [
  { value: "UTF8", label: "Text" },
  { value: "ASCII", label: "Text without accents" },
  { value: "HTML", label: "HTML" },
  { value: "URI", label: "Address of a page" },
];

function Kind({ station, draft, set }: FieldsProps): ReactElement {
  const sessions = useStationSessions(station.id);
  const [session] = sessions;
  return (
    <>
      <div className="form-pair">
        <Select
          label="Kind"
          allowDeselect={false}
          value={draft.format}
          data={station.presence.protocol === "ocpp2.1"
            ? [...formats, { value: "QRCODE", label: "QR code" }]
            : formats}
          onChange={(format) => format !== null && set({ format })}
        />
        <TextInput
          label="Language"
          placeholder="en, de-CH"
          maxLength={8}
          value={draft.language}
          onChange={(event) => set({ language: event.currentTarget.value })}
        />
      </div>
      {session === undefined && draft.sessionId === null ? null : (
        <Switch
          label="Only for the session that runs now"
          description="It goes when the session ends."
          checked={draft.sessionId !== null}
          onChange={(event) =>
            set({ sessionId: event.currentTarget.checked ? session?.id ?? null : null })}
        />
      )}
    </>
  );
}
