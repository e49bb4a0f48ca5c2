import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A query of a panel, as Prometheus takes it. */
export type PanelQuery = { readonly dashboard: string; readonly panel: string; readonly expr: string };

type Panel = { readonly title: string; readonly targets?: readonly { readonly expr: string }[]; readonly panels?: readonly Panel[] };
export type Dashboard = { readonly title: string; readonly uid: string; readonly panels: readonly Panel[] };

export function readDashboards(): readonly (Dashboard & { readonly file: string })[] {
  return readdirSync(import.meta.dirname).filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, ...JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as Dashboard }));
}

/** Every query, with what Grafana fills in: all checks, and a window of four scrapes. */
export function panelQueries(dashboards: readonly Dashboard[], window: string): readonly PanelQuery[] {
  return dashboards.flatMap(({ title, panels }) => panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({
    dashboard: title, panel: panel.title, expr: expr.replaceAll('$__rate_interval', window).replaceAll('$check', '.*'),
  }))));
}
