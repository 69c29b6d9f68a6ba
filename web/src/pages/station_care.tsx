import type { ReactElement } from "react";
import type { DataTransferEvent } from "#schemas/rest/upkeep.ts";
import { segment } from "../api.ts";
import { Instant } from "../components/instant.tsx";
import { JsonView } from "../components/json_view.tsx";
import { Card } from "../components/page.tsx";
import { useQuery } from "../live.tsx";
import type { List, Station } from "../shapes.ts";
import { FirmwareCard } from "./station_care_firmware.tsx";
import { LogsCard } from "./station_care_logs.tsx";
import { NetworkCard } from "./station_care_network.tsx";
import { PasswordCard, SecurityEventsCard } from "./station_care_security.tsx";

/** What keeps a station up to date, reachable and trusted. */
export function StationService({ station }: { station: Station }): ReactElement {
  return (
    <div className="columns">
      <div className="stack">
        <FirmwareCard station={station} />
        <LogsCard station={station} />
        <VendorCard station={station} />
      </div>
      <div className="stack">
        <SecurityEventsCard station={station} />
        <PasswordCard station={station} />
        <NetworkCard station={station} />
      </div>
    </div>
  );
}

/** Shown only where a vendor has said something: most never do. */
function VendorCard({ station }: { station: Station }): ReactElement | null {
  const path = `/stations/${segment(station.id)}/data-transfers?limit=5`;
  const items = useQuery<List<DataTransferEvent>>(path).value?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Card title="Vendor messages">
      <ul className="plain-list">
        {items.map(({ id, vendorId, messageId, data, receivedAt }) => (
          <li key={id}>
            <div className="row" style={{ justifyContent: "space-between" }}>
              <b className="break">{[vendorId, messageId].filter(Boolean).join(" · ")}</b>
              <Instant at={receivedAt} as="ago" />
            </div>
            {data === null ? null : <JsonView value={data} />}
          </li>
        ))}
      </ul>
    </Card>
  );
}
