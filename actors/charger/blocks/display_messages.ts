import { defineBlock } from "./block.ts";

export const displayMessages = defineBlock({ name: "display-messages" });
