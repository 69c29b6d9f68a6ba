import { defineBlock } from "./block.ts";

export const deviceModel = defineBlock({ name: "device-model" });
