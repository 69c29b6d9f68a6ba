import { defineBlock } from "./block.ts";

export const security = defineBlock({ name: "security" });
