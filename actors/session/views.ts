/** How a session shows itself: the description for REST and facts, the row of the read model. */
import { energyCost } from "#actors/domain/energy_cost.ts";
import { energyWh, sessionMeter } from "#actors/domain/register.ts";
import type { ViewRow } from "#engine/actor.ts";
import type { SessionDescription } from "#schemas/events/charger.ts";
import { formatInstant } from "#schemas/instant.ts";
import type { Money } from "#schemas/rest/energy_price.ts";
import type { SessionContext } from "./context.ts";

/** What it costs so far, or in the end. */
export function sessionCost({ price, register }: SessionContext): Money | null {
  return price === null ? null : energyCost(price, energyWh(register));
}

export function describeSession(context: SessionContext): SessionDescription {
  const { endedAt, flags } = context;
  const meter = sessionMeter(context.register);
  return {
    id: context.id,
    stationId: context.stationId,
    evseId: context.evseId,
    connectorId: context.connectorId,
    token: context.token,
    transactionId: context.transactionId,
    startedAt: formatInstant(context.startedAt),
    endedAt: endedAt === null ? null : formatInstant(endedAt),
    meterStartWh: meter.meterStartWh,
    meterStopWh: meter.meterStopWh,
    energyWh: meter.energyWh,
    stopReason: context.stopReason,
    cost: sessionCost(context),
    status: endedAt === null ? "open" : "closed",
    state: context.phase,
    billable: context.billable ?? (!meter.isDoubtful && !flags.includes("orphan")),
    annotation: context.annotation,
    flags: [...flags, ...meter.flags],
  };
}

export function sessionRow(context: SessionContext): ViewRow {
  const session = describeSession(context);
  return {
    table: "sessions",
    id: session.id,
    row: {
      station_id: session.stationId,
      evse_id: session.evseId,
      connector_id: session.connectorId,
      token_uid: session.token?.uid ?? null,
      token_type: session.token?.type ?? null,
      transaction_id: session.transactionId,
      started_at: session.startedAt,
      ended_at: session.endedAt,
      meter_start_wh: session.meterStartWh,
      meter_stop_wh: session.meterStopWh,
      energy_wh: session.energyWh,
      stop_reason: session.stopReason,
      status: session.status,
      state: session.state,
      billable: session.billable,
      annotation: session.annotation,
      flags: session.flags,
      price: context.price,
      created_at: formatInstant(context.createdAt),
    },
  };
}
