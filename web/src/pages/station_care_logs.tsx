import { Button, Modal, Select, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { StationLog } from "#schemas/rest/upkeep.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { JobItem } from "../components/job_steps.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { isUnderWay } from "../job_look.ts";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { List, Station } from "../shapes.ts";

const pollMs = 2_000;
const shownMax = 4;

const logWords: Readonly<Record<string, string>> = {
  DiagnosticsLog: "Diagnostics",
  SecurityLog: "Security log",
  DataCollectorLog: "Collected data",
};

/** Logs that the station was asked for. */
export function LogsCard({ station }: { station: Station }): ReactElement {
  const query = useQuery<List<StationLog>>(`/stations/${segment(station.id)}/logs?limit=20`);
  const [isAsking, setAsking] = useState(false);
  const logs = query.value?.items ?? [];
  usePolling(query.reload, pollMs, logs.some(isUnderWay));
  return (
    <Card
      title="Logs"
      beside={
        <Button
          variant="default"
          disabled={!station.presence.connected}
          onClick={() => setAsking(true)}
        >
          Get a log…
        </Button>
      }
    >
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {query.value !== undefined && logs.length === 0
        ? (
          <Empty title="No log yet">
            <p>Ask for one when the station misbehaves: it sends it to an address of yours.</p>
          </Empty>
        )
        : (
          <ul className="plain-list">
            {logs.slice(0, shownMax).map((log) => (
              <JobItem
                key={log.id}
                job={log}
                name={log.fileName ?? logWords[log.logType] ?? log.logType}
                detail={log.remoteLocation ?? ""}
              />
            ))}
          </ul>
        )}
      <LogDialog
        station={station}
        opened={isAsking}
        onClose={() => setAsking(false)}
        onSent={query.reload}
      />
    </Card>
  );
}

interface DialogProps {
  readonly station: Station;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onSent: () => void;
}

function LogDialog({ station, opened, onClose, onSent }: DialogProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [logType, setLogType] = useState("DiagnosticsLog");
  const [remoteLocation, setLocation] = useState("");
  const [oldestAt, setOldest] = useState("");
  const [latestAt, setLatest] = useState("");
  const send = async (): Promise<void> => {
    const done = await run(async () => {
      await api.post(`/stations/${segment(station.id)}/commands/get-log`, {
        logType,
        remoteLocation: remoteLocation.trim(),
        ...(oldestAt === "" ? {} : { oldestAt: new Date(oldestAt).toISOString() }),
        ...(latestAt === "" ? {} : { latestAt: new Date(latestAt).toISOString() }),
      });
      toasts.done(`${station.id} was asked for its log`);
    });
    if (!done) return;
    onClose();
    onSent();
  };
  const kinds = station.presence.protocol === "ocpp2.1"
    ? ["DiagnosticsLog", "SecurityLog", "DataCollectorLog"]
    : ["DiagnosticsLog", "SecurityLog"];
  return (
    <Modal opened={opened} onClose={onClose} title={`Log of ${station.id}`} size="lg">
      <Form onSubmit={send}>
        <Select
          label="Which"
          allowDeselect={false}
          data={kinds.map((value) => ({ value, label: logWords[value] ?? value }))}
          value={logType}
          onChange={(value) => setLogType(value ?? "DiagnosticsLog")}
        />
        <TextInput
          label="Send it to"
          description="An address of yours that takes uploads from the station."
          placeholder="https://files.example.net/upload"
          value={remoteLocation}
          onChange={(event) => setLocation(event.currentTarget.value)}
          maxLength={512}
          required
          withAsterisk={false}
          data-autofocus
        />
        <div className="form-pair">
          <TextInput
            type="datetime-local"
            label="From"
            value={oldestAt}
            onChange={(event) => setOldest(event.currentTarget.value)}
          />
          <TextInput
            type="datetime-local"
            label="Until"
            value={latestAt}
            onChange={(event) => setLatest(event.currentTarget.value)}
          />
        </div>
        <FormEnd
          onClose={onClose}
          busy={busy}
          word="Ask for it"
          disabled={remoteLocation.trim() === ""}
        />
      </Form>
    </Modal>
  );
}
