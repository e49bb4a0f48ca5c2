import { parseGoDuration } from '#agent/blackbox/go-duration.ts';
import { type FileProblem, YamlFile } from '#agent/blackbox/yaml-file.ts';
import type { Node } from 'yaml';

/** One target of a probing job of Prometheus. */
export type ProbedTarget = {
  readonly target: string;
  readonly module: string;
  readonly job: string;
  /** Of its group in the file, without Prometheus' own. */
  readonly labels: Readonly<Record<string, string>>;
  readonly everyMs: number;
  readonly scrapeTimeoutMs: number;
};

export type ReadTargets = {
  readonly targets: readonly ProbedTarget[];
  /** What finds targets in ways that cannot be followed from here. */
  readonly notes: readonly { readonly job: string; readonly key: string; readonly message: string }[];
  readonly problems: readonly FileProblem[];
};

/** Prometheus' own defaults. */
const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 10_000;

/**
 * The targets of a prometheus.yml whose jobs scrape `/probe`: those written in `static_configs`, with the usual
 * relabelling of `__address__` to the target parameter.
 */
export function prometheusTargets(text: string): ReadTargets {
  const file = new YamlFile(text);
  const notes: { job: string; key: string; message: string }[] = [];
  if (file.problems.length > 0) return { targets: [], notes, problems: file.problems };
  const root = file.entries(file.root, '');
  const global = file.entries(root.get('global') ?? null, 'global');
  const targets = file.items(root.get('scrape_configs') ?? null, 'scrape_configs').flatMap((node, index) => {
    const key = `scrape_configs[${index}]`;
    const job = file.entries(node, key);
    if (!(file.text(job.get('metrics_path'), `${key}.metrics_path`) ?? '').endsWith('/probe')) return [];
    const name = file.text(job.get('job_name'), `${key}.job_name`) ?? key;
    for (const found of job.keys()) {
      if (found.endsWith('_sd_configs')) notes.push({ job: name, key: found, message: 'targets found by service discovery are not in the file; give them with --targets' });
    }
    const everyMs = durationOf(file, job.get('scrape_interval') ?? global.get('scrape_interval'), `${key}.scrape_interval`) ?? INTERVAL_MS;
    const scrapeTimeoutMs = durationOf(file, job.get('scrape_timeout') ?? global.get('scrape_timeout'), `${key}.scrape_timeout`) ?? Math.min(TIMEOUT_MS, everyMs);
    const [module] = file.items(file.entries(job.get('params') ?? null, `${key}.params`).get('module') ?? null, `${key}.params.module`)
      .map((one) => file.text(one, `${key}.params.module`));
    return file.items(job.get('static_configs') ?? null, `${key}.static_configs`).flatMap((group) => {
      const entries = file.entries(group, `${key}.static_configs`);
      const labels = Object.fromEntries([...file.entries(entries.get('labels') ?? null, `${key}.labels`)].map(([label, value]) => [label, file.text(value, label) ?? '']));
      const named = labels['__param_module'] ?? module;
      if (named === undefined) notes.push({ job: name, key: 'params.module', message: 'is missing: which module these targets are probed with is not known' });
      return named === undefined ? [] : file.items(entries.get('targets') ?? null, `${key}.targets`).map((target) => ({
        target: file.text(target, `${key}.targets`) ?? '', module: named, job: name, everyMs, scrapeTimeoutMs,
        labels: Object.fromEntries(Object.entries(labels).filter(([label]) => !label.startsWith('__'))),
      }));
    });
  });
  return { targets, notes, problems: file.problems };
}

/** Prometheus' durations go up to years; Go's do not. */
function durationOf(file: YamlFile, node: Node | undefined, key: string): number | null {
  const text = file.text(node, key);
  if (text === undefined) return null;
  const days = /^(\d+)d$/.exec(text)?.[1];
  const ms = days === undefined ? parseGoDuration(text) : Number(days) * 86_400_000;
  if (ms === null || ms <= 0) file.problem(node ?? null, key, `'${text}' is no duration`);
  return ms;
}
