import type { AnyStateMachine, AnyStateNode } from "xstate";

/** Drawing of a chart as Mermaid text, from the machine itself: states, events, guards, delays. */
export function diagram(machine: AnyStateMachine): string {
  const lines = ["stateDiagram-v2"];
  drawInside(machine.root, lines, "  ");
  return `${lines.join("\n")}\n`;
}

/** The page kept beside a machine: its name, and the drawing. */
export function diagramPage(machine: AnyStateMachine): string {
  return [
    `# ${machine.id}`,
    "",
    "Drawn from `machine.ts` by `deno task draw`; a test fails when it is stale.",
    "",
    "```mermaid",
    `${diagram(machine)}\`\`\``,
    "",
  ].join("\n");
}

function drawInside(node: AnyStateNode, lines: string[], indent: string): void {
  const children = Object.values(node.states) as AnyStateNode[];
  if (node.type === "compound" && node.initial !== undefined) {
    const [first] = node.initial.target ?? [];
    if (first !== undefined) lines.push(`${indent}[*] --> ${idOf(first)}`);
  }
  children.forEach((child, index) => {
    if (node.type === "parallel" && index > 0) lines.push(`${indent}--`);
    drawState(child, lines, indent);
  });
}

function drawState(node: AnyStateNode, lines: string[], indent: string): void {
  const id = idOf(node);
  lines.push(`${indent}state "${node.key}" as ${id}`);
  if (Object.keys(node.states).length > 0) {
    lines.push(`${indent}state ${id} {`);
    drawInside(node, lines, `${indent}  `);
    lines.push(`${indent}}`);
  }
  if (node.type === "final") lines.push(`${indent}${id} --> [*]`);
  for (const [event, transitions] of node.transitions) {
    for (const { target, guard } of transitions) {
      for (const to of target ?? []) {
        lines.push(`${indent}${id} --> ${idOf(to)}: ${labelOf(event)}${guardOf(guard)}`);
      }
    }
  }
}

function idOf(node: AnyStateNode): string {
  return node.path.join("_").replace(/[^A-Za-z0-9_]/g, "_");
}

/** `xstate.after.settlementTimeout.session.settling` reads as `after settlementTimeout`. */
function labelOf(event: string): string {
  const delay = /^xstate\.after\.([^.]+)\./.exec(event)?.[1];
  if (delay !== undefined) return `after ${delay}`;
  return event === "" ? "at once" : event;
}

/** `[reports Charging]`: the name, and what it was given. */
function guardOf(guard: unknown): string {
  if (guard === undefined) return "";
  if (typeof guard === "string") return ` [${guard}]`;
  const { type = "guarded", params } = guard as { type?: string; params?: unknown };
  const given = typeof params === "object" && params !== null ? Object.values(params) : [params];
  return ` [${[type, ...given.filter((value) => value !== undefined)].join(" ")}]`;
}
