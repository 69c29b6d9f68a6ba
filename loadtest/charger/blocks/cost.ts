import { type ChargerBlock, Part } from "../block.ts";
import { numberField, textField } from "../dialect.ts";

/** What the driver was told that charging costs, by transaction (OCPP 2.0.1 Part 2, I). */
export const runningCosts = new Part(() => new Map<string, number>());

export const costBlock: ChargerBlock = {
  answers2x: {
    CostUpdated: (station, payload) => {
      const transactionId = textField(payload, "transactionId") ?? "";
      const isOpen = station.charger.outlets.some((one) =>
        one.transaction?.wireId === transactionId
      );
      if (isOpen) {
        runningCosts.of(station).set(transactionId, numberField(payload, "totalCost") ?? 0);
      }
      return {};
    },
  },
};
