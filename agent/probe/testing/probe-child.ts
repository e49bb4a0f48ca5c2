import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { createProbe } from '../probe.ts';
import { probeDeps } from './probe-under-test.ts';

/**
 * A process of its own for what a test cannot do to itself: `probe-child.ts <JSON of {spec, count}>` makes that many
 * attempts at once, and prints for each its failure, what was established and the retransmitted SYNs as JSON.
 */
const { spec, count } = JSON.parse(process.argv[2] ?? '') as { readonly spec: Partial<ProbeSpec>; readonly count: number };
const { probe } = createProbe(probeDeps());
// Loads what is loaded on first use, before descriptors run out.
await probe(aProbeSpec({ ...spec, hostname: '127.0.0.1', ipFamily: 'IPv4', port: 1, maxResponseTimeMs: 50 }));
const payload = spec.payload === undefined ? {} : { payload: Buffer.from('x') };
const reports = await Promise.all(Array.from({ length: count }, () => probe(aProbeSpec({ ...spec, ...payload }))));
// An engine that may still be checked again would keep this process.
process.stdout.write(JSON.stringify(reports.map(({ failure, established, synRetransmits }) => ({
  phase: failure?.phase ?? null, code: failure?.code ?? null, established, synRetransmits,
}))), () => process.exit());
