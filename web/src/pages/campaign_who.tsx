import { SegmentedControl, Select, TagsInput, TextInput } from "@mantine/core";
import type { ReactElement } from "react";
import { useQuery } from "../live.tsx";
import type { ChargingLocation, List } from "../shapes.ts";
import type { Chosen } from "./campaign_new.tsx";

export interface Who {
  readonly by: "filter" | "list";
  readonly search: string;
  readonly tag: string;
  readonly locationId: string | null;
  readonly stationIds: readonly string[];
}

export const emptyWho: Who = {
  by: "filter",
  search: "",
  tag: "",
  locationId: null,
  stationIds: [],
};

const SHOWN = 12;

export function filterOf({ search, tag, locationId }: Who): Readonly<Record<string, string>> {
  return {
    ...(search.trim() === "" ? {} : { search: search.trim() }),
    ...(tag.trim() === "" ? {} : { tag: tag.trim() }),
    ...(locationId === null ? {} : { locationId }),
  };
}

interface WhoFieldsProps {
  readonly who: Who;
  readonly chosen: Chosen;
  readonly onChange: (who: Who) => void;
}

export function WhoFields({ who, chosen, onChange }: WhoFieldsProps): ReactElement {
  return (
    <>
      <SegmentedControl
        aria-label="Which stations"
        value={who.by}
        onChange={(by) => onChange({ ...who, by: by === "list" ? "list" : "filter" })}
        data={[{ value: "filter", label: "By filter" }, { value: "list", label: "By list" }]}
      />
      {who.by === "filter" ? <FilterFields who={who} onChange={onChange} /> : (
        <TagsInput
          label="Station ids"
          description="Enter after each, or paste a list separated by commas or spaces."
          value={[...who.stationIds]}
          onChange={(stationIds) => onChange({ ...who, stationIds })}
          splitChars={[",", " ", "\n", ";"]}
        />
      )}
      <p className="advice" role="status">
        {chosen.count === 0
          ? "No station is chosen yet."
          : `${chosen.word} ${chosen.count === 1 ? "station is" : "stations are"} chosen.`}
      </p>
      {chosen.sample.length === 0 ? null : (
        <div className="row">
          {chosen.sample.slice(0, SHOWN).map(({ id }) => <span key={id} className="tag">{id}
          </span>)}
          {chosen.sample.length > SHOWN ? <span className="soft small">and more</span> : null}
        </div>
      )}
    </>
  );
}

function FilterFields({ who, onChange }: Omit<WhoFieldsProps, "chosen">): ReactElement {
  const locations = useQuery<List<ChargingLocation>>("/locations?limit=1000");
  return (
    <>
      <p className="advice" style={{ margin: 0 }}>
        All stations that match all of this now, also those that are away. Empty means every one.
      </p>
      <div className="form-pair">
        <TextInput
          label="Text"
          placeholder="Id, vendor, model…"
          value={who.search}
          onChange={(event) => onChange({ ...who, search: event.currentTarget.value })}
        />
        <TextInput
          label="Tag"
          value={who.tag}
          onChange={(event) => onChange({ ...who, tag: event.currentTarget.value })}
        />
      </div>
      <Select
        label="Location"
        placeholder="Any"
        clearable
        searchable
        data={(locations.value?.items ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={who.locationId}
        onChange={(locationId) => onChange({ ...who, locationId })}
      />
    </>
  );
}
