/** What an account's Prometheus scrapes: the names of Checkly's v2 endpoint (checkly-api.md §7), counters that never go back. */
import type { Phase } from '../analytics/phases.ts';
import { Exposition, labelName, labelText, type Labels } from './exposition.ts';
import { addTimes, BOUNDS_SECONDS, emptyHistogram, type Histogram } from './time-buckets.ts';

export type MetricOptions = {
  /** Tags as `key:value` stay in `tags` alone. */
  readonly disableTagParsing: boolean;
  /** Counters and histograms by location. */
  readonly locationLabelEnabled: boolean;
  /** Attempts that were retried count as failing results, too. */
  readonly includeRetryAttempts: boolean;
};

export type MeteredCheck = {
  readonly checkId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly groupName: string | null;
  readonly muted: boolean;
  readonly activated: boolean;
  /** null: no data. */
  readonly status: 'passing' | 'degraded' | 'failing' | null;
};

/** Everything ever counted of a check in a location; times packed (analytics/packed-times.ts). */
export type CountedCheck = {
  readonly checkId: string; readonly locationCode: string;
  readonly passed: number; readonly degraded: number; readonly failed: number; readonly retries: number;
  readonly sketches: readonly (Buffer | null)[];
};

export type MeteredLocation = {
  readonly id: string; readonly slug: string; readonly name: string; readonly agents: number; readonly inFlight: number;
  /** How late runs of the last two minutes began, ms; null without any. */
  readonly lateness: { readonly avgMs: number; readonly p90Ms: number; readonly p99Ms: number; readonly maxMs: number } | null;
};

export type AccountFacts = { readonly checks: readonly MeteredCheck[]; readonly counted: readonly CountedCheck[]; readonly privateLocations: readonly MeteredLocation[] };

/** Some milliseconds' work each. */
const COUNTED_AT_ONCE = 100;
const WRITTEN_AT_ONCE = 20;

const TYPES: readonly (readonly [type: string, phase: Phase])[] = [['dns', 'dns'], ['connection', 'connection'], ['data', 'transfer'], ['total', 'total']];
const TIMING_NAMES = [
  ['checkly_tcp_monitor_timing_seconds', 'Times of runs that passed or degraded; a phase that did not happen counts as 0.'],
  ['checkly_tcp_check_timing_seconds', 'Deprecated: checkly_tcp_monitor_timing_seconds.'],
] as const;

/** A check's results in one location, or in all. */
type Counted = { passed: number; degraded: number; failed: number; retries: number; readonly times: ReadonlyMap<Phase, Histogram> };

/** In pieces, so that whoever serves others meanwhile can: a thousand checks are tens of MB of text. */
export function* accountMetrics({ checks, counted, privateLocations }: AccountFacts, options: MetricOptions): Generator<string, void, undefined> {
  const into = new Exposition();
  const labels = new Map(checks.map((check) => [check.checkId, labelText(labelsOf(check, options))]));
  into.family('checkly_check_status', 'gauge', '1 for the status that the check has now, 0 for the others; all 0 without data.');
  for (const { checkId, status } of checks) {
    for (const one of ['passing', 'degraded', 'failing'] as const) into.sample('checkly_check_status', `${labels.get(checkId)},status="${one}"`, status === one ? 1 : 0);
  }
  yield into.take();
  const sums = new Map<string, Counted>();
  for (let from = 0; from < counted.length; from += COUNTED_AT_ONCE) {
    addCounted(sums, counted.slice(from, from + COUNTED_AT_ONCE), labels, options.locationLabelEnabled);
    yield '';
  }
  yield* writeCounted(into, sums, options);
  writeLocations(into, privateLocations);
  yield into.take();
}

/** By the labels of the lines to come. */
function addCounted(sums: Map<string, Counted>, counted: readonly CountedCheck[], labels: ReadonlyMap<string, string>, byLocation: boolean): void {
  for (const one of counted) {
    const ofCheck = labels.get(one.checkId);
    if (ofCheck === undefined) continue;
    const key = byLocation ? `${ofCheck},${labelText([['location', one.locationCode]])}` : ofCheck;
    const sum = sums.get(key) ?? { passed: 0, degraded: 0, failed: 0, retries: 0, times: new Map(TYPES.map(([, phase]) => [phase, emptyHistogram()])) };
    sums.set(key, sum);
    sum.passed += one.passed;
    sum.degraded += one.degraded;
    sum.failed += one.failed;
    sum.retries += one.retries;
    for (const packed of one.sketches) addTimes(sum.times, packed);
  }
}

function* writeCounted(into: Exposition, sums: ReadonlyMap<string, Counted>, { includeRetryAttempts }: MetricOptions): Generator<string, void, undefined> {
  into.family('checkly_check_result_total', 'counter', 'Results of scheduled runs.');
  for (const [labels, { passed, degraded, failed, retries }] of sums) {
    into.sample('checkly_check_result_total', `${labels},status="passing"`, passed);
    into.sample('checkly_check_result_total', `${labels},status="degraded"`, degraded);
    into.sample('checkly_check_result_total', `${labels},status="failing"`, failed + (includeRetryAttempts ? retries : 0));
  }
  for (const [name, help] of TIMING_NAMES) {
    into.family(name, 'histogram', help);
    let written = 0;
    for (const [labels, { times, passed, degraded }] of sums) {
      for (const [type, phase] of TYPES) writeHistogram(into, name, `${labels},type="${type}"`, times.get(phase)!, passed + degraded);
      written += 1;
      if (written % WRITTEN_AT_ONCE === 0) yield into.take();
    }
  }
}

/** Zeros are not in sketches, but among the answers. */
function writeHistogram(into: Exposition, name: string, labels: string, { counts, sumUs, count }: Histogram, answered: number): void {
  const all = Math.max(answered, count);
  let within = all - count;
  for (const [index, bound] of BOUNDS_SECONDS.entries()) {
    within += counts[index]!;
    into.sample(`${name}_bucket`, `${labels},le="${bound}"`, within);
  }
  into.sample(`${name}_bucket`, `${labels},le="+Inf"`, all);
  into.sample(`${name}_sum`, labels, sumUs / 1e6);
  into.sample(`${name}_count`, labels, all);
}

/** Agents keep their own timetables: nothing queues, and what was not run is a gap. So sizes are 0, and durations are how late runs began. */
function writeLocations(into: Exposition, locations: readonly MeteredLocation[]): void {
  const of = locations.map((location) => ({ ...location, labels: labelText([['private_location_name', location.name], ['private_location_slug_name', location.slug], ['private_location_id', location.id]]) }));
  const gauge = (name: string, help: string, values: (location: (typeof of)[number]) => readonly (readonly [extra: string, value: number])[]): void => {
    into.family(name, 'gauge', help);
    for (const location of of) for (const [extra, value] of values(location)) into.sample(name, location.labels + extra, value);
  };
  gauge('checkly_private_location_queue_size', 'Runs that wait for an agent: none ever do, agents keep their own timetables.', () => [['', 0]]);
  gauge('checkly_private_location_oldest_scheduled_check_run', 'How late the latest run of the last two minutes began, seconds.', ({ lateness }) => [['', (lateness?.maxMs ?? 0) / 1_000]]);
  gauge('checkly_private_location_agent_count', 'Agents that are alive.', ({ agents }) => [['', agents]]);
  gauge('checkly_private_location_queue_duration_ms', 'How late runs of the last two minutes began, ms.', ({ lateness }) => (lateness === null ? []
    : [[',stat="avg",queue="uptime"', lateness.avgMs], [',stat="p90",queue="uptime"', lateness.p90Ms], [',stat="p99",queue="uptime"', lateness.p99Ms]]));
  gauge('checkly_private_location_check_runs', 'Runs under way now.', ({ inFlight }) => [[',state="queued"', 0], [',state="inflight"', inFlight]]);
}

const OWN_LABELS = new Set(['name', 'check_id', 'check_type', 'muted', 'activated', 'group', 'tags', 'location', 'status', 'type', 'le']);

function labelsOf(check: MeteredCheck, { disableTagParsing }: MetricOptions): Labels {
  const own: Labels = [
    ['name', check.name], ['check_id', check.checkId], ['check_type', 'tcp'], ['muted', String(check.muted)], ['activated', String(check.activated)],
    ['group', check.groupName ?? ''], ['tags', check.tags.join(',')],
  ];
  if (disableTagParsing) return own;
  const parsed = new Map<string, string>();
  for (const tag of check.tags) {
    const at = tag.indexOf(':');
    const name = at > 0 ? labelName(tag.slice(0, at)) : '';
    // Of a key that comes twice the first counts; one that would hide a label of ours stays in `tags` alone.
    if (name !== '' && !OWN_LABELS.has(name) && !parsed.has(name)) parsed.set(name, tag.slice(at + 1));
  }
  return [...own, ...parsed];
}
