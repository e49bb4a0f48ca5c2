import { compileAssertions } from '#shared/assertion/compile.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';

export type MatrixTally = {
  /** The check could not even be saved; a spec with this host was tried all the same. */
  refused: number;
  /** The attempt ended as `egress_denied`. */
  denied: number;
  /** What ended in any other way: a hole. */
  readonly holes: string[];
};

export type RowToRun = { readonly host: string; readonly family: 'IPv4' | 'IPv6'; readonly label: string; readonly dnsServer?: string };

/** How long a hole would be given to show itself. */
const LIMIT_MS = 700;

/** Each row as a user would save it; what cannot be saved is given to the probe anyhow, as an older coordinator could. */
export async function runRows(rows: readonly RowToRun[], options: { readonly port: number; readonly inFlight: number; readonly probe: (spec: ProbeSpec) => Promise<ProbeReport> }): Promise<MatrixTally> {
  const tally: MatrixTally = { refused: 0, denied: 0, holes: [] };
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) await runRow(row, options, tally);
  };
  await Promise.all(Array.from({ length: options.inFlight }, lane));
  return tally;
}

async function runRow(row: RowToRun, { port, probe }: { readonly port: number; readonly probe: (spec: ProbeSpec) => Promise<ProbeReport> }, tally: MatrixTally): Promise<void> {
  const request = { hostname: row.host, port, ipFamily: row.family, ...(row.dnsServer === undefined ? {} : { dns: { server: row.dnsServer } }) };
  const parsed = parseCheck({ name: 'matrix', locations: ['local-1'], maxResponseTime: LIMIT_MS, degradedResponseTime: LIMIT_MS, request });
  const isRefused = !parsed.ok && parsed.problems.some(({ path }) => path === 'request.hostname' || path === 'request.dns.server');
  if (!parsed.ok && !isRefused) {
    tally.holes.push(`${row.label}: refused for another reason: ${parsed.problems.map(({ path, limit }) => `${path} ${limit}`).join('; ')}`);
    return;
  }
  const spec = parsed.ok ? toProbeSpec(parsed.check)
    : aProbeSpec({ hostname: row.host, port, ipFamily: row.family, dnsServer: row.dnsServer ?? null, maxResponseTimeMs: LIMIT_MS, degradedResponseTimeMs: LIMIT_MS });
  const report = await probe(spec);
  const compiled = compileAssertions(spec.assertions);
  const { outcome } = judgeAttempt(spec, compiled.ok ? compiled.assertions : [], report, { nowMs: 0, impaired: false });
  const isApart = !report.established && report.localAddress === null && report.timings.connectUs === 0;
  if (outcome === 'egress_denied' && isApart) tally.denied += 1;
  else if (isRefused && isApart && report.failure?.phase === 'resolve') tally.refused += 1;
  else tally.holes.push(`${row.label}: ${outcome} ${report.failure?.code ?? 'without a failure'}, established ${report.established}`);
}
