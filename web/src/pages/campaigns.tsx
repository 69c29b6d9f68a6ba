import { Button } from "@mantine/core";
import type { ReactElement } from "react";
import { Link } from "react-router";
import { segment, withQuery } from "../api.ts";
import { lookOfCampaign, wordsOfSteps } from "../campaign_look.ts";
import { CampaignProgress } from "../components/campaign_progress.tsx";
import { DataTable } from "../components/data_table.tsx";
import { Chip } from "../components/glyph.tsx";
import { Icon } from "../components/icons.tsx";
import { Instant } from "../components/instant.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead } from "../components/page.tsx";
import { formatCount } from "../format.ts";
import { usePolling } from "../live.tsx";
import type { Campaign } from "../shapes.ts";

const heads = ["Campaign", "Status", "Progress", "Begun"];
const pollMs = 2_000;

export function CampaignsPage(): ReactElement {
  const list = usePagedList<Campaign>(withQuery("/campaigns", { limit: 50 }));
  const isMoving = list.items?.some(({ status, progress }) =>
    status === "running" || progress.running > 0
  );
  usePolling(list.query.reload, pollMs, isMoving === true);
  return (
    <>
      <PageHead
        title="Campaigns"
        actions={
          <Button component={Link} to="/campaigns/new" leftSection={<Icon name="plus" size={15} />}>
            New campaign
          </Button>
        }
      />
      <ListCard
        list={list}
        word="campaigns"
        empty={
          <Empty title="No campaign yet">
            <p>
              A campaign takes the same commands to many stations, at a pace that you set: a new
              setting, a restart by night, a firmware. It stops by itself when too many fail.
            </p>
          </Empty>
        }
      >
        <DataTable heads={heads} items={list.items}>
          {(campaign) => <CampaignRow key={campaign.id} campaign={campaign} />}
        </DataTable>
      </ListCard>
    </>
  );
}

function CampaignRow({ campaign }: { campaign: Campaign }): ReactElement {
  const { id, name, steps, progress, createdAt } = campaign;
  return (
    <tr>
      <td data-grow="true">
        <Link className="link" to={`/campaigns/${segment(id)}`}>{name}</Link>
        <div className="soft small">{wordsOfSteps(steps)}</div>
      </td>
      <td data-push="true">
        <Chip look={lookOfCampaign(campaign)} />
      </td>
      <td style={{ minWidth: 180 }} data-grow="true">
        <CampaignProgress progress={progress} />
        <div className="soft small">
          {formatCount(progress.done + progress.failed)} of {formatCount(progress.total)}
          {progress.failed === 0 ? null : `, ${formatCount(progress.failed)} failed`}
        </div>
      </td>
      <td>
        <Instant at={createdAt} />
      </td>
    </tr>
  );
}
