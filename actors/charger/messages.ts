/** Rule U3: a session that ended with messages missing is asked after. */
import { sendOwnCall } from "./commands.ts";
import { rule } from "./turn.ts";

/**
 * Asks the station whether it still holds messages of the transaction, unless it is to be left
 * alone.
 */
export const askForMessages = rule(["session.incomplete"], (turn, event) => {
  const { link, settings } = turn.context;
  if (link === null || settings.quiet || link.protocol === "ocpp1.6") return;
  const { transactionId, sessionId } = event;
  sendOwnCall(turn, { action: "GetTransactionStatus", payload: { transactionId } }, sessionId);
});
