import { Button, Modal, NumberInput, TextInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { segment } from "../api.ts";
import { Icon } from "../components/icons.tsx";
import { Card, Empty, PageHead, Pager, ProblemNote, SkeletonRows } from "../components/page.tsx";
import { usePaging } from "../components/paging.ts";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import type { ChargingLocation, List } from "../shapes.ts";
import { Footer } from "./station_actions.tsx";

type Editing = ChargingLocation | "new" | undefined;

export function LocationsPage(): ReactElement {
  const question = "/locations?limit=50";
  const paging = usePaging(question);
  const query = useQuery<List<ChargingLocation>>(
    paging.cursor === null ? question : `${question}&cursor=${encodeURIComponent(paging.cursor)}`,
  );
  const [editing, setEditing] = useState<Editing>();
  const items = query.value?.items;
  return (
    <>
      <PageHead
        title="Locations"
        actions={
          <Button
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => setEditing("new")}
          >
            Add a location
          </Button>
        }
      />
      <Card flush>
        {query.error === undefined ? null : (
          <div className="card-body">
            <ProblemNote error={query.error} onRetry={query.reload} />
          </div>
        )}
        {items?.length === 0
          ? (
            <Empty title="No location yet">
              <p>A location is a place with one or more stations: an address and a time zone.</p>
            </Empty>
          )
          : (
            <div className="table-scroll">
              <table className="table table-cards">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Address</th>
                    <th scope="col">Coordinates</th>
                    <th scope="col">Time zone</th>
                    <th scope="col">
                      <span className="sr-only">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items === undefined
                    ? <SkeletonRows columns={5} rows={3} />
                    : items.map((each) => (
                      <tr key={each.id}>
                        <td>
                          <b style={{ fontWeight: 600 }}>{each.name}</b>
                          <div className="soft small mono">{each.id}</div>
                        </td>
                        <td data-wide="true">{each.address}</td>
                        <td className="soft">
                          {each.coordinates.latitude.toFixed(4)},{" "}
                          {each.coordinates.longitude.toFixed(4)}
                        </td>
                        <td className="soft">{each.timeZone}</td>
                        <td data-push="true">
                          <span className="row" style={{ justifyContent: "flex-end" }}>
                            <Button
                              variant="subtle"
                              component={Link}
                              to={`/?locationId=${encodeURIComponent(each.id)}`}
                            >
                              Stations
                            </Button>
                            <Button variant="default" onClick={() => setEditing(each)}>Edit</Button>
                          </span>
                        </td>
                      </tr>
                    ))}
                </tbody>
              </table>
            </div>
          )}
        <Pager
          shown={items?.length ?? 0}
          word="locations"
          page={paging.page}
          onBack={paging.back}
          onForward={paging.forward(query.value?.nextCursor ?? null)}
        />
      </Card>
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a location" : "Edit the location"}
      >
        {editing === undefined ? null : (
          <LocationForm
            location={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
            onSaved={query.reload}
          />
        )}
      </Modal>
    </>
  );
}

interface FormProps {
  readonly location: ChargingLocation | undefined;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

function LocationForm({ location, onClose, onSaved }: FormProps): ReactElement {
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
  const isWhole = name.trim() !== "" && latitude !== "" && longitude !== "";
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const body = {
        name: name.trim(),
        address: address.trim(),
        coordinates: { latitude: Number(latitude), longitude: Number(longitude) },
        timeZone: timeZone.trim(),
      };
      if (location === undefined) await api.post("/locations", body);
      else await api.put(`/locations/${segment(location.id)}`, body);
      toasts.done(`${body.name} is saved`);
      onSaved();
    });
    if (done) onClose();
  };
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
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
      <TextInput
        label="Time zone"
        description="IANA name, for example Europe/Amsterdam"
        value={timeZone}
        onChange={(event) => setTimeZone(event.currentTarget.value)}
      />
      <Footer onClose={onClose} busy={busy} word="Save" disabled={!isWhole} />
    </form>
  );
}
