import { Button, Modal, NumberInput, Select, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import type { NetworkProfile } from "#schemas/rest/upkeep.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { Chip } from "../components/glyph.tsx";
import { Card, Empty, Facts, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, usePolling, useQuery } from "../live.tsx";
import type { Station } from "../shapes.ts";
import type { Look } from "../status.ts";

const pollMs = 2_000;
const interfaces = ["Wired", "Wireless"].flatMap((kind) => [0, 1, 2, 3].map((n) => `${kind}${n}`));

const looks: Readonly<Record<NetworkProfile["status"], Look>> = {
  pending: { word: "Asked", tone: "occupied", shape: "clock" },
  unanswered: { word: "No answer", tone: "faulted", shape: "triangle" },
  accepted: { word: "On the station", tone: "available", shape: "check" },
  rejected: { word: "Refused", tone: "faulted", shape: "cross" },
};

/** How the station connects, slot by slot. */
export function NetworkCard({ station }: { station: Station }): ReactElement | null {
  const path = `/stations/${segment(station.id)}/network-profiles`;
  const query = useQuery<{ readonly items: readonly NetworkProfile[] }>(path);
  const [isAsking, setAsking] = useState(false);
  const profiles = query.value?.items ?? [];
  usePolling(query.reload, pollMs, profiles.some(({ status }) => status === "pending"));
  if (station.presence.protocol === "ocpp1.6" || station.presence.protocol === null) return null;
  return (
    <Card
      title="Network profiles"
      beside={
        <Button
          variant="default"
          disabled={!station.presence.connected}
          onClick={() => setAsking(true)}
        >
          Set…
        </Button>
      }
    >
      {query.error === undefined
        ? null
        : <ProblemNote error={query.error} onRetry={query.reload} />}
      {query.value !== undefined && profiles.length === 0
        ? (
          <Empty title="No profile set from here">
            <p>A profile tells the station where to connect, over which network, how safely.</p>
          </Empty>
        )
        : (
          <ul className="plain-list">
            {profiles.map((profile) => (
              <ProfileItem key={profile.configurationSlot} profile={profile} />
            ))}
          </ul>
        )}
      <ProfileDialog
        station={station}
        opened={isAsking}
        onClose={() => setAsking(false)}
        onSent={query.reload}
      />
    </Card>
  );
}

function ProfileItem({ profile }: { profile: NetworkProfile }): ReactElement {
  const { configurationSlot, connectionData, status, answer, confirmed } = profile;
  const wasOther = status !== "accepted" && confirmed !== null;
  return (
    <li>
      <div className="row job-head care-lead">
        <b>Slot {configurationSlot}</b>
        <Chip look={looks[status]} />
      </div>
      <Facts
        facts={[
          [
            "Address",
            <span key="url" className="break">{text(connectionData["ocppCsmsUrl"])}</span>,
          ],
          ["Security profile", text(connectionData["securityProfile"])],
          ["Interface", text(connectionData["ocppInterface"])],
        ]}
      />
      {status === "rejected"
        ? <p className="advice">The station said {answer}. Another slot or interface may do.</p>
        : null}
      {wasOther ? <p className="soft small">What the slot had before is still there.</p> : null}
    </li>
  );
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}

interface DialogProps {
  readonly station: Station;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onSent: () => void;
}

interface Draft {
  readonly slot: number;
  readonly url: string;
  readonly securityProfile: string;
  readonly ocppInterface: string;
  readonly timeoutSeconds: number;
  readonly apn: string;
  readonly apnUser: string;
  readonly apnPassword: string;
}

const emptyDraft: Draft = {
  slot: 1,
  url: "",
  securityProfile: "2",
  ocppInterface: "Wired0",
  timeoutSeconds: 30,
  apn: "",
  apnUser: "",
  apnPassword: "",
};

function bodyOf(draft: Draft, protocol: string | null): Readonly<Record<string, unknown>> {
  const { apn, apnUser, apnPassword } = draft;
  const mobile = {
    apn: apn.trim(),
    ...(apnUser === "" ? {} : { apnUserName: apnUser }),
    ...(apnPassword === "" ? {} : { apnPassword }),
    apnAuthentication: "AUTO",
  };
  return {
    configurationSlot: draft.slot,
    connectionData: {
      ocppVersion: protocol === "ocpp2.1" ? "OCPP21" : "OCPP20",
      ocppTransport: "JSON",
      ocppCsmsUrl: draft.url.trim(),
      messageTimeout: draft.timeoutSeconds,
      securityProfile: Number(draft.securityProfile),
      ocppInterface: draft.ocppInterface,
      ...(mobile.apn === "" ? {} : { apn: mobile }),
    },
  };
}

function ProfileDialog({ station, opened, onClose, onSent }: DialogProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [draft, setDraft] = useState(emptyDraft);
  const set = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const send = async (): Promise<void> => {
    const done = await run(async () => {
      const path = `/stations/${segment(station.id)}/commands/set-network-profile`;
      await api.post(path, bodyOf(draft, station.presence.protocol));
      toasts.done(`${station.id} was given a network profile`);
    });
    if (!done) return;
    setDraft(emptyDraft);
    onClose();
    onSent();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Network profile of ${station.id}`}>
      <Form onSubmit={send}>
        <TextInput
          label="Address of the platform"
          description="The station adds its identity to it."
          placeholder="wss://csms.example.net/ocpp"
          value={draft.url}
          onChange={(event) => set({ url: event.currentTarget.value })}
          maxLength={512}
          required
          withAsterisk={false}
          data-autofocus
        />
        <ProfileFields draft={draft} set={set} />
        {draft.ocppInterface.startsWith("Wireless")
          ? <MobileFields draft={draft} set={set} />
          : null}
        <p className="advice" style={{ margin: 0 }}>
          The station uses it when its priority says so, after the next restart. A wrong address
          makes it unreachable: keep a slot that works.
        </p>
        <FormEnd onClose={onClose} busy={busy} word="Set" disabled={draft.url.trim() === ""} />
      </Form>
    </Modal>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
}

function ProfileFields({ draft, set }: FieldsProps): ReactElement {
  return (
    <>
      <div className="form-pair">
        <NumberInput
          label="Slot"
          min={0}
          max={2_147_483_647}
          value={draft.slot}
          onChange={(value) => typeof value === "number" && set({ slot: value })}
        />
        <Select
          label="Interface"
          allowDeselect={false}
          data={interfaces}
          value={draft.ocppInterface}
          onChange={(value) => set({ ocppInterface: value ?? "Wired0" })}
        />
      </div>
      <div className="form-pair">
        <Select
          label="Security profile"
          allowDeselect={false}
          data={[
            { value: "0", label: "0 · none" },
            { value: "1", label: "1 · password" },
            { value: "2", label: "2 · TLS and password" },
            { value: "3", label: "3 · TLS with certificates" },
          ]}
          value={draft.securityProfile}
          onChange={(value) => set({ securityProfile: value ?? "2" })}
        />
        <NumberInput
          label="Waits for an answer"
          suffix=" s"
          min={1}
          max={86_400}
          value={draft.timeoutSeconds}
          onChange={(value) => typeof value === "number" && set({ timeoutSeconds: value })}
        />
      </div>
    </>
  );
}

function MobileFields({ draft, set }: FieldsProps): ReactElement {
  return (
    <>
      <TextInput
        label="APN of the SIM card"
        description="Empty: the station keeps what it has"
        value={draft.apn}
        onChange={(event) => set({ apn: event.currentTarget.value })}
        maxLength={512}
      />
      <div className="form-pair">
        <TextInput
          label="APN user"
          value={draft.apnUser}
          onChange={(event) => set({ apnUser: event.currentTarget.value })}
          maxLength={20}
        />
        <TextInput
          label="APN password"
          value={draft.apnPassword}
          onChange={(event) => set({ apnPassword: event.currentTarget.value })}
          maxLength={20}
        />
      </div>
    </>
  );
}
