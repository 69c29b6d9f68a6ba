import { Button, Modal } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Link } from "react-router";
import { Icon } from "../components/icons.tsx";
import { DataTable } from "../components/data_table.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import type { ChargingLocation } from "../shapes.ts";
import { LocationForm } from "./location_form.tsx";

type Editing = ChargingLocation | "new" | undefined;

export function LocationsPage(): ReactElement {
  const question = "/locations?limit=50";
  const list = usePagedList<ChargingLocation>(question);
  const [editing, setEditing] = useState<Editing>();
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
      <ListCard
        list={list}
        word="locations"
        empty={
          <Empty title="No location yet">
            <p>A location is a place with one or more stations: an address and a time zone.</p>
          </Empty>
        }
      >
        <DataTable
          heads={["Name", "Address", "Coordinates", "Time zone", {
            word: "Actions",
            isHidden: true,
          }]}
          items={list.items}
        >
          {(each) => <LocationRow key={each.id} location={each} onEdit={setEditing} />}
        </DataTable>
      </ListCard>
      <Modal
        opened={editing !== undefined}
        onClose={() => setEditing(undefined)}
        title={editing === "new" ? "Add a location" : "Edit the location"}
      >
        {editing === undefined ? null : (
          <LocationForm
            location={editing === "new" ? undefined : editing}
            onClose={() => setEditing(undefined)}
            onSaved={list.query.reload}
          />
        )}
      </Modal>
    </>
  );
}

interface LocationRowProps {
  readonly location: ChargingLocation;
  readonly onEdit: (location: ChargingLocation) => void;
}

function LocationRow({ location, onEdit }: LocationRowProps): ReactElement {
  const { latitude, longitude } = location.coordinates;
  return (
    <tr>
      <td>
        <b style={{ fontWeight: 600 }}>{location.name}</b>
        <div className="soft small mono">{location.id}</div>
      </td>
      <td data-wide="true">{location.address}</td>
      <td className="soft">{`${latitude.toFixed(4)}, ${longitude.toFixed(4)}`}</td>
      <td className="soft">{location.timeZone}</td>
      <td data-push="true">
        <span className="row" style={{ justifyContent: "flex-end" }}>
          <Button
            variant="subtle"
            component={Link}
            to={`/?locationId=${encodeURIComponent(location.id)}`}
          >
            Stations
          </Button>
          <Button variant="default" onClick={() => onEdit(location)}>Edit</Button>
        </span>
      </td>
    </tr>
  );
}
