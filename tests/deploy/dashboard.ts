import { read, type Yaml } from "./manifests.ts";

const DASHBOARD = "deploy/kubernetes/example/grafana/bunny.json";

/** One PromQL query of the dashboard. */
export interface Query {
  readonly panel: string;
  /** With Grafana's variables in it. */
  readonly template: string;
  /** As Grafana would send it, for everything there is. */
  readonly expr: string;
}

export function readDashboard(): Yaml {
  return JSON.parse(read(DASHBOARD));
}

/** All queries that go to a Prometheus data source: of panels and of annotations. */
export function queriesOf(dashboard: Yaml): Query[] {
  const panels: Query[] = dashboard.panels.flatMap(({ title, targets = [] }: Yaml) =>
    targets.filter(({ datasource }: Yaml) => datasource.type === "prometheus")
      .map(({ expr }: Yaml) => ({ panel: title, template: expr, expr: filledIn(expr) }))
  );
  const annotations = dashboard.annotations.list.map(({ name, expr }: Yaml) => (
    { panel: name, template: expr, expr: filledIn(expr) }
  ));
  return [...panels, ...annotations];
}

/** Grafana's variables by what they come to when everything is chosen. */
const VARIABLES: Readonly<Record<string, string>> = {
  $__rate_interval: "5s",
  $__range: "1m",
  $pod: ".*",
  $endpoint: ".*",
  $probe: ".*",
};

function filledIn(template: string): string {
  return template.replace(/\$\w+/g, (variable) => VARIABLES[variable] ?? variable);
}
