import { defineBlock } from "./block.ts";

export const reservations = defineBlock({ name: "reservations" });
