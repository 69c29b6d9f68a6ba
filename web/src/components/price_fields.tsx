/** What a kilowatt-hour costs: as an operator types it, and as REST takes it. */
import { TextInput } from "@mantine/core";
import type { ReactElement } from "react";
import type { EnergyPrice } from "#schemas/rest/energy_price.ts";

export interface PriceDraft {
  readonly perKwh: string;
  readonly currency: string;
  /** Kept as it is: set by REST. */
  readonly taxIncluded: boolean;
}

export function priceDraftOf(price: EnergyPrice | null | undefined): PriceDraft {
  const { perKwh = "", currency = "EUR", taxIncluded = true } = price ?? {};
  return { perKwh, currency, taxIncluded };
}

/** Null = no price; a comma is as good as a point. */
export function priceOf({ perKwh, currency, taxIncluded }: PriceDraft): EnergyPrice | null {
  const text = perKwh.trim().replace(",", ".");
  if (text === "") return null;
  const price = { perKwh: text, currency: currency.trim().toUpperCase() };
  return taxIncluded ? price : { ...price, taxIncluded };
}

interface PriceFieldsProps {
  readonly draft: PriceDraft;
  readonly onChange: (draft: PriceDraft) => void;
  readonly description: string;
}

export function PriceFields({ draft, onChange, description }: PriceFieldsProps): ReactElement {
  return (
    <div className="form-pair">
      <TextInput
        label="Price per kWh"
        description={description}
        inputMode="decimal"
        placeholder="None"
        value={draft.perKwh}
        onChange={(event) => onChange({ ...draft, perKwh: event.currentTarget.value })}
      />
      <TextInput
        label="Currency"
        description={`Three letters; ${draft.taxIncluded ? "taxes included" : "without taxes"}`}
        maxLength={3}
        value={draft.currency}
        onChange={(event) => onChange({ ...draft, currency: event.currentTarget.value })}
      />
    </div>
  );
}
