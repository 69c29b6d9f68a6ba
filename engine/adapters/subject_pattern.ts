/** NATS wildcards as an expression: `*` is one token, a last `>` one or more. */
export function subjectPattern(subject: string): RegExp {
  const tokens = subject.split(".").map((token) =>
    token === "*" ? "[^.]+" : token === ">" ? ".+" : RegExp.escape(token)
  );
  return new RegExp(`^${tokens.join("\\.")}$`);
}
