import assert from "node:assert/strict";
import { test } from "node:test";
import { renderTemplate } from "./helm_template.ts";

const scope = { Values: { on: true, off: false, empty: "", name: "a b", map: { B: "2", A: "1" } } };

test("renderTemplate() puts values in, quoted or as JSON, with a default for an empty text", () => {
  const text = "{{ .Values.name }}|{{ .Values.name | quote }}|{{ .Values.map | toJson }}|" +
    "{{ .Values.empty | default .Values.name }}|{{ .Values.name | default .Values.on }}";

  assert.equal(renderTemplate(text, scope), 'a b|"a b"|{"B":"2","A":"1"}|a b|a b');
});

test("renderTemplate() follows if, not and else, and a dash takes the white space away", () => {
  const text = "x\n{{- if .Values.off }}\n  no\n{{- else }}\n  yes\n{{- end }}\n" +
    "{{ if not .Values.off }}1{{ end }}{{ if not .Values.on }}2{{ end }}";

  assert.equal(renderTemplate(text, scope), "x\n  yes\n1");
});

test("renderTemplate() walks a map in the order of its keys", () => {
  const text =
    "{{- range $key, $value := .Values.map }}\n{{ $key }}={{ $value | quote }}\n{{- end }}";

  assert.equal(renderTemplate(text, scope), '\nA="1"\nB="2"');
});

test("renderTemplate() refuses what does not exist, what is not of the subset, and lost ends", () => {
  const bad = [
    "{{ .Values.missing }}",
    "{{ .Values.name | upper }}",
    '{{ include "x" . }}',
    "{{ if .Values.on }}",
    "{{ end }}",
  ];

  for (const text of bad) assert.throws(() => renderTemplate(text, scope), /^Error: Cannot render/);
});
