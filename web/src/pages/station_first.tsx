import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { connectUrl } from "../components/connect_url.ts";
import { Icon } from "../components/icons.tsx";
import { CodeLine, Empty } from "../components/page.tsx";

/** What to do on the first day. */
export function FirstStation({ onAdd }: { onAdd: () => void }): ReactElement {
  return (
    <Empty title="Connect your first station">
      <p>
        Add the station under the identity it will use, then enter this address as its backend
        (CSMS) URL. It speaks OCPP 1.6J, 2.0.1 or 2.1, and appears here as soon as it connects.
        (Another port was chosen where OCPP_PORT is set.)
      </p>
      <div style={{ width: "min(520px, 100%)", margin: "10px 0" }}>
        <CodeLine
          text={connectUrl("").concat("{identity}")}
          word="the OCPP address"
        />
      </div>
      <Button size="sm" leftSection={<Icon name="plus" size={15} />} onClick={onAdd}>
        Add a station
      </Button>
    </Empty>
  );
}
