import { defineBlock } from "./block.ts";

export const chargingProfiles = defineBlock({ name: "charging-profiles" });
