/** What the REST API gives and takes, as far as the console uses it. */
import type { CommandDescription, SessionDescription } from "#schemas/events/charger.ts";

export type {
  AlertDescription as Alert,
  CommandKind,
  CommandStatus,
  ConnectorDescription as Connector,
  EvseDescription as Evse,
  StationDescription as Station,
} from "#schemas/events/charger.ts";
export type { CommandBatch, CommandMany } from "#schemas/rest/command.ts";
export type { Location as ChargingLocation } from "#schemas/rest/location.ts";
export type { OcppMessage, Overview } from "#schemas/rest/observe.ts";
export type { Campaign, CampaignStation } from "#schemas/rest/campaign.ts";
export type { Reservation } from "#schemas/rest/reservation.ts";
export type { MeterValue, TimelineItem } from "#schemas/rest/session.ts";
export type { Token } from "#schemas/rest/token.ts";
export type { Webhook, WebhookDelivery, WebhookReplay } from "#schemas/rest/webhook.ts";

/** REST leaves out the action; events give it. */
export type Command = Omit<CommandDescription, "action"> & { readonly action?: string };

/** A session with the newest of its meter values. */
export interface Session extends SessionDescription {
  readonly powerW?: number | null;
  readonly currentA?: number | null;
  readonly socPercent?: number | null;
}

export interface List<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

/** RFC 9457. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}
