/** The functional blocks, and which of them has rules for what. */
import type { ItemBlock, StationItem } from "#schemas/station_items.ts";
import type { ChargerContext, ChargerEvent } from "../context.ts";
import { stationInput } from "../station_input.ts";
import type { Turn } from "../turn.ts";
import type {
  Block,
  CallRules,
  Exchange,
  HeardNotice,
  NoticeRules,
  SentCall,
  TransactionMessage,
} from "./block.ts";
import { chargingProfiles } from "./charging_profiles.ts";
import { customerInformation } from "./customer_information.ts";
import { dataTransfer } from "./data_transfer.ts";
import { deviceModel } from "./device_model.ts";
import { diagnostics } from "./diagnostics.ts";
import { displayMessages } from "./display_messages.ts";
import { firmware } from "./firmware.ts";
import { localList } from "./local_list.ts";
import { monitoring } from "./monitoring.ts";
import { networkProfile } from "./network_profile.ts";
import { quirks } from "./quirks.ts";
import { reservations } from "./reservations.ts";
import { security } from "./security.ts";

const blocks: readonly Block[] = [
  chargingProfiles,
  customerInformation,
  dataTransfer,
  deviceModel,
  diagnostics,
  displayMessages,
  firmware,
  localList,
  monitoring,
  networkProfile,
  quirks,
  reservations,
  security,
];

const callRules = byAction((block) => block.calls);
const noticeRules = byAction((block) => block.notices);
const plainReplies = byAction((block) => block.replies);

function byAction<Rules>(
  rulesOf: (block: Block) => Readonly<Record<string, Rules>> | undefined,
): ReadonlyMap<string, readonly Rules[]> {
  const entries = blocks.flatMap((block) => Object.entries(rulesOf(block) ?? {}));
  return new Map(
    [...Map.groupBy(entries, ([action]) => action)]
      .map(([action, found]) => [action, found.map(([, rules]) => rules)]),
  );
}

/** Whether a block wants to know what became of CALLs of this action. */
export function isFollowed(action: string): boolean {
  return callRules.has(action);
}

/** Whether a notice of this action needs a step. */
export function isStepped(action: string): boolean {
  return noticeRules.has(action);
}

/** Items that the rules for these want to see. */
export function readsOfCall(action: string): readonly ItemBlock[] {
  return readsOf(callRules.get(action) ?? []);
}

export function readsOfNotice(action: string): readonly ItemBlock[] {
  return readsOf(noticeRules.get(action) ?? []);
}

export function readsOfOrder(blockName: string): readonly ItemBlock[] {
  return blocks.find(({ name }) => name === blockName)?.orders?.reads ?? [];
}

export function readsOfResume({ waiting }: ChargerContext): readonly ItemBlock[] {
  const resumed = blocks.filter(({ name }) => waiting.includes(name));
  return readsOf(resumed.flatMap(({ resume }) => resume === undefined ? [] : [resume]));
}

function readsOf(
  rules: readonly { readonly reads?: readonly ItemBlock[] }[],
): readonly ItemBlock[] {
  return [...new Set(rules.flatMap(({ reads }) => reads ?? []))];
}

/** Lets the blocks hear what this step did, until nothing more follows. Runs after its rule. */
export function tellBlocks(turn: Turn, event: ChargerEvent): void {
  const { items } = stationInput(turn.inputs);
  for (const call of turn.queued.splice(0)) {
    for (const { queued } of rulesFor<CallRules>(callRules, call.action)) queued?.(turn, call);
  }
  let isNew = true;
  while (isNew) {
    const sent = turn.sent.splice(0);
    const ended = turn.exchanges.splice(0);
    isNew = sent.length > 0 || ended.length > 0;
    for (const call of sent) tellSent(turn, call);
    for (const exchange of ended) tellEnded(turn, exchange, items);
  }
  if (isTransaction(event)) {
    for (const { transaction } of blocks) transaction?.(turn, event);
  }
}

function isTransaction(event: ChargerEvent): event is TransactionMessage {
  return event.type.startsWith("TransactionEvent.");
}

function tellSent(turn: Turn, call: SentCall): void {
  for (const { sent } of rulesFor<CallRules>(callRules, call.action)) sent?.(turn, call);
}

function tellEnded(turn: Turn, exchange: Exchange, items: readonly StationItem[]): void {
  for (const { ended } of rulesFor<CallRules>(callRules, exchange.action)) {
    ended?.(turn, exchange, items);
  }
}

function rulesFor<Rules>(
  rules: ReadonlyMap<string, readonly Rules[]>,
  action: string,
): readonly Rules[] {
  return rules.get(action) ?? [];
}

/** The first block that has rules for a notice gives the reply. */
export function hearNotice(
  turn: Turn,
  notice: Parameters<NoticeRules["heard"]>[1],
): unknown {
  const { items } = stationInput(turn.inputs);
  const replies = rulesFor<NoticeRules>(noticeRules, notice.action)
    .map(({ heard }) => heard(turn, notice, items));
  return replies[0] ?? {};
}

/** The reply to a notice that needs no step, or came before. */
export function plainReply(notice: HeardNotice): unknown {
  const [reply] = plainReplies.get(notice.action) ?? [];
  return reply?.(notice) ?? {};
}

/** Gives a block an order; one that takes none refuses it. */
export function giveOrder(turn: Turn, blockName: string, order: unknown): void {
  const orders = blocks.find(({ name }) => name === blockName)?.orders;
  const { items } = stationInput(turn.inputs);
  if (orders === undefined) {
    turn.refuse("unknown-action", `Cannot order: the block ${blockName} takes none`);
  } else orders.heed(turn, order, items);
}

/** The station is connected: blocks that waited for it go on. */
export function resumeBlocks(turn: Turn): void {
  const { waiting } = turn.context;
  if (waiting.length === 0) return;
  const { items } = stationInput(turn.inputs);
  turn.set({ waiting: [] });
  for (const { name, resume } of blocks) {
    if (waiting.includes(name)) resume?.go(turn, items);
  }
}
