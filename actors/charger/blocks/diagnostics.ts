import { defineBlock } from "./block.ts";

export const diagnostics = defineBlock({ name: "diagnostics" });
