import { defineBlock } from "./block.ts";

export const firmware = defineBlock({ name: "firmware" });
