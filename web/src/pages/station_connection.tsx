import type { ReactElement } from "react";
import { Instant } from "../components/instant.tsx";
import { Card, Facts } from "../components/page.tsx";
import type { Station } from "../shapes.ts";

type Socket = Station["presence"]["sockets"][number];

/** Which gateway has the station's socket, since when, and where it and the one before came from. */
export function StationConnection({ station }: { station: Station }): ReactElement | null {
  const { gateway, connectedAt, sockets } = station.presence;
  if (sockets.length === 0) return null;
  return (
    <Card title="Connection">
      <Facts
        facts={[
          ["Gateway", gateway],
          ["Connected since", <Instant key="since" at={connectedAt} />],
        ]}
      />
      <ul className="sockets" aria-label="Newest connections">
        {sockets.map((socket) => (
          <li key={`${socket.openedAt} ${socket.gateway}`}>
            <SocketLine socket={socket} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function SocketLine({ socket }: { socket: Socket }): ReactElement {
  const { address, serialNumber, openedAt, closedAt, gateway } = socket;
  return (
    <>
      <div>
        <span className="socket-address">{address}</span>
        {serialNumber === null ? null : <span className="soft">serial {serialNumber}</span>}
      </div>
      <div className="soft small">
        <Instant at={openedAt} /> – {closedAt === null ? "now" : <Instant at={closedAt} />}
        {`, gateway ${gateway}`}
      </div>
    </>
  );
}
