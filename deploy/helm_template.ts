/**
 * Renders the little of Helm's template language that our chart keeps to: values, `if`, `range`
 * over a map, and the pipes `quote`, `toJson` and `default`. Stricter than Helm: a value that does
 * not exist is an error instead of an empty text.
 */

export type Scope = Readonly<Record<string, unknown>>;

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "value"; readonly expression: string }
  | {
    readonly kind: "if";
    readonly condition: string;
    readonly then: readonly Node[];
    readonly otherwise: readonly Node[];
  }
  | {
    readonly kind: "range";
    readonly names: readonly [string, string];
    readonly over: string;
    readonly body: readonly Node[];
  };

interface Token {
  readonly isAction: boolean;
  readonly text: string;
}

/** @throws {Error} for what is not of the subset, or names a value that does not exist. */
export function renderTemplate(template: string, scope: Scope): string {
  const tokens = tokensOf(template);
  const nodes = parse(tokens);
  if (tokens.length > 0) throw new Error(`Cannot render: ${tokens[0]?.text} without a beginning`);
  return render(nodes, scope);
}

/** A dash inside the braces takes the white space on its side away. */
function tokensOf(template: string): Token[] {
  const tokens: Token[] = [];
  let trimsNext = false;
  for (const [index, part] of template.split(/(\{\{.*?\}\})/).entries()) {
    if (index % 2 === 1) {
      const [, before, text = "", after] = /^\{\{(-?)\s*(.*?)\s*(-?)\}\}$/.exec(part) ?? [];
      const last = tokens.at(-1);
      if (before === "-" && last?.isAction === false) {
        tokens[tokens.length - 1] = { isAction: false, text: last.text.trimEnd() };
      }
      tokens.push({ isAction: true, text });
      trimsNext = after === "-";
    } else tokens.push({ isAction: false, text: trimsNext ? part.trimStart() : part });
  }
  return tokens;
}

/** Takes tokens up to an `end` or `else` that is not its own. */
function parse(tokens: Token[]): readonly Node[] {
  const nodes: Node[] = [];
  for (;;) {
    const token = tokens[0];
    if (token === undefined || token.isAction && /^(end|else)$/.test(token.text)) return nodes;
    tokens.shift();
    if (!token.isAction) nodes.push({ kind: "text", text: token.text });
    else nodes.push(action(token.text, tokens));
  }
}

function action(text: string, tokens: Token[]): Node {
  const condition = /^if (.+)$/.exec(text)?.[1];
  if (condition !== undefined) {
    const then = parse(tokens);
    const hasElse = tokens[0]?.text === "else";
    if (hasElse) tokens.shift();
    const otherwise = hasElse ? parse(tokens) : [];
    takeEnd(tokens, text);
    return { kind: "if", condition, then, otherwise };
  }
  const [, key, value, over] = /^range (\$\w+), (\$\w+) := (\S+)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined && over !== undefined) {
    const body = parse(tokens);
    takeEnd(tokens, text);
    return { kind: "range", names: [key, value], over, body };
  }
  return { kind: "value", expression: text };
}

function takeEnd(tokens: Token[], of: string): void {
  if (tokens.shift()?.text !== "end") throw new Error(`Cannot render: {{ ${of} }} has no end`);
}

function render(nodes: readonly Node[], scope: Scope): string {
  return nodes.map((node) => {
    switch (node.kind) {
      case "text":
        return node.text;
      case "value":
        return String(valueOf(node.expression, scope));
      case "if":
        return render(isTrue(node.condition, scope) ? node.then : node.otherwise, scope);
      case "range": {
        const map = Object.entries(Object(valueOf(node.over, scope)));
        // Helm walks a map in the order of its keys.
        return map.sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) =>
          render(node.body, { ...scope, [node.names[0]]: key, [node.names[1]]: value })
        ).join("");
      }
    }
  }).join("");
}

function isTrue(condition: string, scope: Scope): boolean {
  const [, negation, expression = ""] = /^(not )?(.+)$/.exec(condition) ?? [];
  const value = valueOf(expression, scope);
  const isEmpty = value === false || value === "" || value === 0 || value === null;
  return isEmpty === (negation !== undefined);
}

function valueOf(expression: string, scope: Scope): unknown {
  const [first = "", ...pipes] = expression.split(" | ");
  return pipes.reduce((value, pipe) => {
    if (pipe === "quote") return JSON.stringify(String(value));
    if (pipe === "toJson") return JSON.stringify(value);
    const fallback = /^default (\S+)$/.exec(pipe)?.[1];
    if (fallback === undefined) {
      throw new Error(`Cannot render: the pipe ${pipe} is not known here`);
    }
    return value === "" ? lookUp(fallback, scope) : value;
  }, lookUp(first, scope));
}

function lookUp(path: string, scope: Scope): unknown {
  if (!/^(\$\w+|(\.\w+)+)$/.test(path)) throw new Error(`Cannot render: {{ ${path} }}`);
  const names = path.startsWith("$") ? [path] : path.slice(1).split(".");
  let found: unknown = scope;
  for (const name of names) {
    found = Object.entries(Object(found)).find(([key]) => key === name)?.[1];
  }
  if (found === undefined) throw new Error(`Cannot render: there is no ${path}`);
  return found;
}
