import { defineBlock } from "./block.ts";

export const cost = defineBlock({ name: "cost" });
