import { defineBlock } from "./block.ts";

export const dataTransfer = defineBlock({ name: "data-transfer" });
