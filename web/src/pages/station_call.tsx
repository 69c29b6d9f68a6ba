import { Modal, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { messageOf, segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Chip } from "../components/glyph.tsx";
import { JsonView } from "../components/json_view.tsx";
import { ProblemNote } from "../components/page.tsx";
import { useApi } from "../live.tsx";
import type { Station } from "../shapes.ts";

interface CallAnswer {
  readonly status: "answered" | "failed";
  readonly response?: unknown;
  readonly error?: unknown;
}

interface CallDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly station: Station;
}

/** Any CALL of the station's OCPP version, sent exactly as given. */
export function CallDialog({ opened, onClose, station }: CallDialogProps): ReactElement {
  const api = useApi();
  const [action, setAction] = useState("");
  const [text, setText] = useState("{\n}");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [answer, setAnswer] = useState<CallAnswer>();
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    setAnswer(undefined);
    try {
      const payload: unknown = JSON.parse(text);
      const path = `/stations/${segment(station.id)}/calls`;
      setAnswer(await api.post<CallAnswer>(path, { action: action.trim(), payload }));
    } catch (thrown) {
      setProblem(
        thrown instanceof SyntaxError
          ? `The payload is no JSON: ${thrown.message}`
          : messageOf(thrown),
      );
    } finally {
      setBusy(false);
    }
  };
  const version = station.presence.protocol?.replace("ocpp", "OCPP ") ?? "OCPP";
  return (
    <Modal opened={opened} onClose={onClose} title={`${version} call to ${station.id}`} size="lg">
      <Form onSubmit={send}>
        <TextInput
          label="Action"
          placeholder="GetConfiguration, GetBaseReport, SetChargingProfile…"
          value={action}
          onChange={(event) =>
            setAction(event.currentTarget.value)}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Textarea
          label="Payload"
          description="A JSON object, checked against the official schema before it leaves."
          value={text}
          onChange={(event) =>
            setText(event.currentTarget.value)}
          autosize
          minRows={4}
          maxRows={14}
          spellCheck={false}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
        />
        {problem === "" ? null : <ProblemNote error={problem} />}
        {answer === undefined ? null : (
          <div className="form" aria-live="polite">
            <div>
              <Chip
                look={answer.status === "answered"
                  ? { word: "Answered", tone: "available", shape: "check" }
                  : { word: "Answered with an error", tone: "faulted", shape: "triangle" }}
              />
            </div>
            <JsonView value={answer.status === "answered" ? answer.response : answer.error} />
          </div>
        )}
        <FormEnd onClose={onClose} busy={busy} word="Send" disabled={action.trim() === ""} />
      </Form>
    </Modal>
  );
}
