/**
 * Shapes of the Kubernetes objects that our chart makes, from the API reference of 1.27: only the
 * fields in use, everything else refused, so that a misspelt field (which a cluster drops without a
 * word) is found.
 */
import { type TObject, type TProperties, type TSchema, Type } from "@sinclair/typebox";

const strict = <Fields extends TProperties>(fields: Fields): TObject<Fields> =>
  Type.Object(fields, { additionalProperties: false });
const optional = Type.Optional;
const count = Type.Integer({ minimum: 1 });
const name = Type.String({ pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$" });
const labels = Type.Record(
  Type.String({ pattern: "^([a-z0-9./-]+/)?[A-Za-z0-9._-]+$" }),
  Type.String(),
);
const port = Type.Union([
  Type.Integer({ minimum: 1, maximum: 65_535 }),
  Type.String({ pattern: "^[a-z]{1,15}$" }),
]);
const protocol = Type.Union([Type.Literal("TCP"), Type.Literal("UDP")]);
const metadata = strict({ name, labels: optional(labels), annotations: optional(labels) });
const selector = strict({ matchLabels: labels });

const object = (apiVersion: string, kind: string, spec: TSchema): TSchema =>
  strict({ apiVersion: Type.Literal(apiVersion), kind: Type.Literal(kind), metadata, spec });

const probe = strict({
  httpGet: strict({ path: Type.String({ pattern: "^/" }), port }),
  periodSeconds: count,
  timeoutSeconds: optional(count),
  failureThreshold: count,
});
const variable = strict({
  name: Type.String({ pattern: "^[A-Z][A-Z0-9_]*$" }),
  value: optional(Type.String()),
  valueFrom: optional(strict({ secretKeyRef: strict({ name, key: Type.String() }) })),
});
const quantities = strict({
  cpu: optional(Type.String({ pattern: "^\\d+m?$" })),
  memory: optional(Type.String({ pattern: "^\\d+(Mi|Gi)$" })),
});
const container = strict({
  name,
  image: Type.String({ pattern: "^[^:]+(:\\d+/.+)?:[^:]+$" }),
  imagePullPolicy: Type.Union(["Always", "IfNotPresent", "Never"].map((one) => Type.Literal(one))),
  command: Type.Array(Type.String(), { minItems: 1 }),
  ports: optional(Type.Array(strict({ name: port, containerPort: port, protocol }))),
  env: Type.Array(variable),
  livenessProbe: optional(probe),
  readinessProbe: optional(probe),
  startupProbe: optional(probe),
  securityContext: strict({
    allowPrivilegeEscalation: Type.Literal(false),
    readOnlyRootFilesystem: Type.Literal(true),
    capabilities: strict({ drop: Type.Tuple([Type.Literal("ALL")]) }),
  }),
  resources: strict({ requests: quantities, limits: quantities }),
  volumeMounts: Type.Array(strict({ name, mountPath: Type.String() })),
});
const pod = strict({
  restartPolicy: optional(Type.Literal("OnFailure")),
  terminationGracePeriodSeconds: optional(count),
  automountServiceAccountToken: Type.Literal(false),
  enableServiceLinks: optional(Type.Literal(false)),
  imagePullSecrets: Type.Array(strict({ name })),
  securityContext: strict({
    runAsNonRoot: Type.Literal(true),
    runAsUser: count,
    runAsGroup: count,
    seccompProfile: strict({ type: Type.Literal("RuntimeDefault") }),
  }),
  topologySpreadConstraints: optional(Type.Array(strict({
    maxSkew: count,
    topologyKey: Type.String(),
    whenUnsatisfiable: Type.Literal("ScheduleAnyway"),
    labelSelector: selector,
  }))),
  containers: Type.Array(container, { minItems: 1 }),
  volumes: Type.Array(strict({ name, emptyDir: strict({ sizeLimit: Type.String() }) })),
});
const podTemplate = strict({
  metadata: strict({ labels, annotations: optional(labels) }),
  spec: pod,
});
const scaling = strict({
  stabilizationWindowSeconds: count,
  policies: Type.Array(strict({ type: Type.Literal("Pods"), value: count, periodSeconds: count })),
});
const netPorts = Type.Array(strict({ protocol, port }), { minItems: 1 });
const direction = Type.Union([Type.Literal("Ingress"), Type.Literal("Egress")]);

export const manifestShapes: Readonly<Record<string, TSchema>> = {
  Deployment: object(
    "apps/v1",
    "Deployment",
    strict({
      replicas: optional(count),
      minReadySeconds: count,
      progressDeadlineSeconds: count,
      strategy: strict({
        type: Type.Literal("RollingUpdate"),
        rollingUpdate: strict({ maxSurge: count, maxUnavailable: Type.Literal(0) }),
      }),
      selector,
      template: podTemplate,
    }),
  ),
  Job: object(
    "batch/v1",
    "Job",
    strict({ backoffLimit: count, activeDeadlineSeconds: count, template: podTemplate }),
  ),
  Service: object(
    "v1",
    "Service",
    strict({
      type: Type.String(),
      selector: labels,
      ports: Type.Array(strict({ name: port, port, targetPort: port, protocol })),
    }),
  ),
  PodDisruptionBudget: object(
    "policy/v1",
    "PodDisruptionBudget",
    strict({ maxUnavailable: count, selector }),
  ),
  HorizontalPodAutoscaler: object(
    "autoscaling/v2",
    "HorizontalPodAutoscaler",
    strict({
      scaleTargetRef: strict({ apiVersion: Type.String(), kind: Type.Literal("Deployment"), name }),
      minReplicas: count,
      maxReplicas: count,
      metrics: Type.Array(strict({
        type: Type.Literal("Pods"),
        pods: strict({
          metric: strict({ name: Type.String() }),
          target: strict({
            type: Type.Literal("AverageValue"),
            averageValue: Type.String({ pattern: "^[1-9]\\d*$" }),
          }),
        }),
      })),
      behavior: strict({ scaleDown: scaling, scaleUp: scaling }),
    }),
  ),
  NetworkPolicy: object(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    strict({
      podSelector: selector,
      policyTypes: Type.Array(direction, { minItems: 1 }),
      ingress: optional(Type.Array(strict({
        from: optional(Type.Array(strict({ namespaceSelector: selector }))),
        ports: netPorts,
      }))),
      egress: optional(Type.Array(strict({ ports: netPorts }))),
    }),
  ),
};
