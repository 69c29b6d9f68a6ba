/** The settings of a station that an operator may choose: to add one, and to edit it. */
import { Button, NumberInput, PasswordInput, Select, Switch, TagsInput } from "@mantine/core";
import type { ReactElement } from "react";
import type { ChargingLocation, Station } from "../shapes.ts";
import { type PriceDraft, priceDraftOf, PriceFields, priceOf } from "./price_fields.tsx";

export interface StationDraft {
  readonly securityProfile: Station["securityProfile"];
  readonly password: string;
  readonly locationId: string | null;
  readonly tags: readonly string[];
  readonly registration: Station["registration"];
  readonly heartbeatIntervalSeconds: number;
  readonly bootRetrySeconds: number | null;
  readonly authorisationRequired: boolean;
  readonly quiet: boolean;
  readonly price: PriceDraft;
}

export const newStationDraft: StationDraft = {
  securityProfile: 1,
  password: "",
  locationId: null,
  tags: [],
  registration: "Accepted",
  heartbeatIntervalSeconds: 300,
  bootRetrySeconds: null,
  authorisationRequired: true,
  quiet: false,
  price: priceDraftOf(null),
};

export function draftOf(station: Station): StationDraft {
  const { securityProfile, locationId, tags, registration, quiet } = station;
  const { heartbeatIntervalSeconds, authorisationRequired, bootRetrySeconds = null } = station;
  return {
    securityProfile,
    password: "",
    locationId,
    tags,
    registration,
    heartbeatIntervalSeconds,
    bootRetrySeconds,
    authorisationRequired,
    quiet,
    price: priceDraftOf(station.energyPrice),
  };
}

/** What is sent: an empty password leaves the old one. */
export function bodyOf(draft: StationDraft): Readonly<Record<string, unknown>> {
  const { password, price, ...others } = draft;
  const rest = { ...others, energyPrice: priceOf(price) };
  return password === "" ? rest : { ...rest, password };
}

interface StationFieldsProps {
  readonly draft: StationDraft;
  readonly onChange: (draft: StationDraft) => void;
  readonly locations: readonly ChargingLocation[];
  readonly isNew: boolean;
}

export function StationFields(props: StationFieldsProps): ReactElement {
  const { draft, onChange, locations, isNew } = props;
  const set = (change: Partial<StationDraft>): void => onChange({ ...draft, ...change });
  return (
    <>
      <div className="form-pair">
        <Select
          label="Security profile"
          allowDeselect={false}
          value={String(draft.securityProfile)}
          data={[
            { value: "0", label: "0 · none" },
            { value: "1", label: "1 · password" },
            { value: "2", label: "2 · TLS and password" },
            { value: "3", label: "3 · TLS with certificates" },
          ]}
          onChange={(value) => set({ securityProfile: profileOf(value) })}
        />
        <PasswordField draft={draft} set={set} isNew={isNew} />
      </div>
      <div className="form-pair">
        <Select
          label="Location"
          placeholder="None"
          clearable
          searchable
          value={draft.locationId}
          data={locations.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(locationId) => set({ locationId })}
        />
        <TagsInput
          label="Tags"
          placeholder="Enter after each"
          value={[...draft.tags]}
          onChange={(tags) => set({ tags })}
        />
      </div>
      <RegistrationFields draft={draft} set={set} />
      <PriceFields
        draft={draft.price}
        onChange={(price) => set({ price })}
        description="Before that of its location"
      />
      <Switch
        label="Authorisation required"
        description="Off: anyone may charge (free vend)."
        checked={draft.authorisationRequired}
        onChange={(event) => set({ authorisationRequired: event.currentTarget.checked })}
      />
      <Switch
        label="Quiet"
        description="The platform sends this station nothing on its own."
        checked={draft.quiet}
        onChange={(event) => set({ quiet: event.currentTarget.checked })}
      />
    </>
  );
}

interface FieldsProps {
  readonly draft: StationDraft;
  readonly set: (change: Partial<StationDraft>) => void;
}

function RegistrationFields({ draft, set }: FieldsProps): ReactElement {
  return (
    <>
      <div className="form-pair">
        <Select
          label="Registration"
          allowDeselect={false}
          value={draft.registration}
          data={["Accepted", "Pending", "Rejected"]}
          onChange={(value) => set({ registration: registrationOf(value) })}
        />
        <NumberInput
          label="Heartbeat every"
          suffix=" s"
          min={10}
          max={86_400}
          value={draft.heartbeatIntervalSeconds}
          onChange={(value) =>
            typeof value === "number" && set({ heartbeatIntervalSeconds: value })}
        />
      </div>
      {draft.registration === "Accepted"
        ? null
        : <BootRetryField seconds={draft.bootRetrySeconds} set={set} />}
    </>
  );
}

/** Only of interest while the station is not accepted. */
function BootRetryField(
  { seconds, set }: {
    readonly seconds: number | null;
    readonly set: (change: Partial<StationDraft>) => void;
  },
): ReactElement {
  return (
    <NumberInput
      label="Tries again after"
      description="Empty: a minute or two, different for each station. A Pending one is asked at once when you accept it."
      placeholder="60 to 120 s"
      suffix=" s"
      min={1}
      max={604_800}
      value={seconds ?? ""}
      onChange={(value) => set({ bootRetrySeconds: typeof value === "number" ? value : null })}
    />
  );
}

interface PasswordFieldProps extends FieldsProps {
  readonly isNew: boolean;
}

function PasswordField({ draft, set, isNew }: PasswordFieldProps): ReactElement {
  const isUsed = draft.securityProfile === 1 || draft.securityProfile === 2;
  return (
    <PasswordInput
      label="Password"
      placeholder={isNew ? "At least 16 characters" : "Unchanged"}
      disabled={!isUsed}
      required={isNew && isUsed}
      withAsterisk={false}
      autoComplete="new-password"
      value={isUsed ? draft.password : ""}
      onChange={(event) => set({ password: event.currentTarget.value })}
      rightSectionWidth={isUsed ? 92 : 36}
      rightSection={isUsed
        ? (
          <Button variant="subtle" size="compact-xs" onClick={() => set({ password: newSecret() })}>
            Generate
          </Button>
        )
        : null}
    />
  );
}

/** 20 characters of 62: 119 bits, and within the 40 characters that OCPP allows. */
function newSecret(): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  let secret = "";
  while (secret.length < 20) {
    for (const byte of crypto.getRandomValues(new Uint8Array(32))) {
      // 248 is the largest multiple of 62 in a byte: the rest would favour the first letters.
      if (byte < 248 && secret.length < 20) secret += letters[byte % 62];
    }
  }
  return secret;
}

function profileOf(value: string | null): Station["securityProfile"] {
  if (value === "1") return 1;
  if (value === "2") return 2;
  return value === "3" ? 3 : 0;
}

function registrationOf(value: string | null): Station["registration"] {
  return value === "Pending" || value === "Rejected" ? value : "Accepted";
}
