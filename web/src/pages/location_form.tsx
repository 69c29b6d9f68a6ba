import { NumberInput, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { priceDraftOf, PriceFields, priceOf } from "../components/price_fields.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import type { ChargingLocation } from "../shapes.ts";

interface FormProps {
  readonly location: ChargingLocation | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

export function LocationForm({ location, onClose, onSaved }: FormProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [name, setName] = useState(location?.name ?? "");
  const [address, setAddress] = useState(location?.address ?? "");
  const [latitude, setLatitude] = useState<number | string>(location?.coordinates.latitude ?? "");
  const [longitude, setLongitude] = useState<number | string>(
    location?.coordinates.longitude ?? "",
  );
  const [timeZone, setTimeZone] = useState(
    location?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
  );
  const [price, setPrice] = useState(() => priceDraftOf(location?.energyPrice));
  const isWhole = name.trim() !== "" && latitude !== "" && longitude !== "";
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const body = {
        name: name.trim(),
        address: address.trim(),
        coordinates: { latitude: Number(latitude), longitude: Number(longitude) },
        timeZone: timeZone.trim(),
        energyPrice: priceOf(price),
      };
      if (location === undefined) await api.post("/locations", body);
      else await api.patch(`/locations/${segment(location.id)}`, body);
      toasts.done(`${body.name} is saved`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <Form onSubmit={save}>
      <TextInput
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={500}
        required
        withAsterisk={false}
        data-autofocus
      />
      <TextInput
        label="Address"
        value={address}
        onChange={(event) => setAddress(event.currentTarget.value)}
        maxLength={2_000}
      />
      <CoordinateFields
        latitude={latitude}
        setLatitude={setLatitude}
        longitude={longitude}
        setLongitude={setLongitude}
      />
      <TextInput
        label="Time zone"
        description="IANA name, for example Europe/Amsterdam"
        value={timeZone}
        onChange={(event) => setTimeZone(event.currentTarget.value)}
      />
      <PriceFields
        draft={price}
        onChange={setPrice}
        description="Of energy at all its stations"
      />
      <FormEnd onClose={onClose} busy={busy} word="Save" disabled={!isWhole} />
    </Form>
  );
}

interface CoordinateFieldsProps {
  readonly latitude: number | string;
  readonly setLatitude: (latitude: number | string) => void;
  readonly longitude: number | string;
  readonly setLongitude: (longitude: number | string) => void;
}

/** WGS 84, in degrees. */
function CoordinateFields(props: CoordinateFieldsProps): ReactElement {
  const { latitude, setLatitude, longitude, setLongitude } = props;
  return (
    <div className="form-pair">
      <NumberInput
        label="Latitude"
        min={-90}
        max={90}
        decimalScale={7}
        value={latitude}
        onChange={setLatitude}
      />
      <NumberInput
        label="Longitude"
        min={-180}
        max={180}
        decimalScale={7}
        value={longitude}
        onChange={setLongitude}
      />
    </div>
  );
}
