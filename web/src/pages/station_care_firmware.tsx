import { Button, Collapse, Modal, NumberInput, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { FirmwareJob } from "#schemas/rest/upkeep.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { JobItem } from "../components/job_steps.tsx";
import { Card, Empty, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { fileOf, isUnderWay } from "../job_look.ts";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { List, Station } from "../shapes.ts";

const pollMs = 2_000;
const shownMax = 4;

/** The firmware that runs, what is on its way, and a way to send a new one. */
export function FirmwareCard({ station }: { station: Station }): ReactElement {
  const query = useQuery<List<FirmwareJob>>(`/stations/${segment(station.id)}/firmware?limit=20`);
  const [isAsking, setAsking] = useState(false);
  const jobs = query.value?.items ?? [];
  usePolling(query.reload, pollMs, jobs.some(isUnderWay));
  const version = station.boot.firmwareVersion;
  return (
    <Card
      title="Firmware"
      beside={
        <Button
          variant="default"
          disabled={!station.presence.connected}
          onClick={() => setAsking(true)}
        >
          Update…
        </Button>
      }
    >
      <p className="care-lead">
        {version === null ? "The station has not told its version." : (
          <>
            Version <b className="break">{version}</b>
          </>
        )}
      </p>
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {query.value !== undefined && jobs.length === 0
        ? (
          <Empty title="No update yet">
            <p>Send one and watch it being loaded, checked and installed.</p>
          </Empty>
        )
        : (
          <ul className="plain-list">
            {jobs.slice(0, shownMax).map((job) => (
              <JobItem
                key={job.id}
                job={job}
                name={fileOf(job.location)}
                detail={job.kind === "publication" ? "for other stations" : ""}
              />
            ))}
          </ul>
        )}
      <UpdateDialog
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

interface Draft {
  readonly location: string;
  readonly retrieveAt: string;
  readonly installAt: string;
  readonly signingCertificate: string;
  readonly signature: string;
  readonly retries: number | undefined;
}

const emptyDraft: Draft = {
  location: "",
  retrieveAt: "",
  installAt: "",
  signingCertificate: "",
  signature: "",
  retries: undefined,
};

/** What is left empty is left out; times of the browser become instants. */
function bodyOf(draft: Draft): Readonly<Record<string, unknown>> {
  const { retries, retrieveAt, installAt, ...texts } = draft;
  const given = Object.entries(texts).map(([name, text]) => [name, text.trim()] as const)
    .filter(([, text]) => text !== "");
  const times = Object.entries({ retrieveAt, installAt }).filter(([, time]) => time !== "")
    .map(([name, time]) => [name, new Date(time).toISOString()] as const);
  return {
    ...Object.fromEntries([...given, ...times]),
    ...(retries === undefined ? {} : { retries }),
  };
}

function UpdateDialog({ station, opened, onClose, onSent }: DialogProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(emptyDraft);
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const send = async (): Promise<void> => {
    const done = await run(async () => {
      const path = `/stations/${segment(station.id)}/commands/update-firmware`;
      await api.post(path, bodyOf(draft));
      toasts.done(`${station.id} was asked to update`);
    });
    if (!done) return;
    setDraft(emptyDraft);
    onClose();
    onSent();
  };
  const running = station.openSessions.length;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={`Update the firmware of ${station.id}`}
      size="lg"
    >
      <Form onSubmit={send}>
        <TextInput
          label="Address of the file"
          description="The station loads it from there, so it must reach it."
          placeholder="https://files.example.net/firmware.bin"
          value={draft.location}
          onChange={(event) => set({ location: event.currentTarget.value })}
          maxLength={512}
          required
          withAsterisk={false}
          data-autofocus
        />
        <UpdateTimes draft={draft} set={set} />
        <SignatureFields draft={draft} set={set} />
        <p className="advice" style={{ margin: 0 }}>
          {running === 0
            ? "The station restarts when it has installed it, and is away for some minutes."
            : "The station waits until its running sessions have ended, or ends them: that is up to its maker."}
        </p>
        <FormEnd
          onClose={onClose}
          busy={busy}
          word="Send to the station"
          disabled={draft.location.trim() === ""}
        />
      </Form>
    </Modal>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
}

function UpdateTimes({ draft, set }: FieldsProps): ReactElement {
  return (
    <>
      <div className="form-pair">
        <TextInput
          type="datetime-local"
          label="Load it from"
          description="Empty: now"
          value={draft.retrieveAt}
          onChange={(event) => set({ retrieveAt: event.currentTarget.value })}
        />
        <TextInput
          type="datetime-local"
          label="Install it from"
          description="Empty: as soon as it can"
          value={draft.installAt}
          onChange={(event) => set({ installAt: event.currentTarget.value })}
        />
      </div>
      <NumberInput
        label="Tries"
        description="Empty: as often as the station likes"
        min={0}
        max={100}
        value={draft.retries ?? ""}
        onChange={(value) => set({ retries: typeof value === "number" ? value : undefined })}
      />
    </>
  );
}

function SignatureFields({ draft, set }: FieldsProps): ReactElement {
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <Button variant="subtle" size="compact-xs" onClick={() => setOpen(!isOpen)}>
        {isOpen ? "Without a signature" : "With the maker's signature…"}
      </Button>
      <Collapse expanded={isOpen}>
        <div className="form" style={{ marginTop: 8 }}>
          <Textarea
            label="Signing certificate"
            description="PEM, from the manufacturer"
            value={draft.signingCertificate}
            onChange={(event) => set({ signingCertificate: event.currentTarget.value })}
            maxLength={5_500}
            autosize
            minRows={2}
            maxRows={6}
          />
          <TextInput
            label="Signature of the file"
            description="In base64"
            value={draft.signature}
            onChange={(event) => set({ signature: event.currentTarget.value })}
            maxLength={800}
          />
        </div>
      </Collapse>
    </div>
  );
}
