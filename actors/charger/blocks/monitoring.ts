import { defineBlock } from "./block.ts";

export const monitoring = defineBlock({ name: "monitoring" });
