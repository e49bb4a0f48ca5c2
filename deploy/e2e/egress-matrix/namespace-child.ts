/**
 * Runs inside a network namespace that `in-namespace.ts` made: the whole matrix by the agent's own policy for a public
 * location, against names answered by a real name server, then the controls. Prints what it saw as one line of JSON.
 */
import { systemClock } from '#shared/time/clock.ts';
import { AgentEgress } from '#agent/egress.ts';
import { Deadlines } from '#agent/probe/deadlines.ts';
import type { Egress } from '#agent/probe/choose-address.ts';
import { plainEngine } from '#agent/probe/engine/plain-engine.ts';
import { SecureContexts } from '#agent/probe/engine/secure-contexts.ts';
import { LoopDelay } from '#agent/probe/loop-delay.ts';
import { createProbe, type Probe } from '#agent/probe/probe.ts';
import { addresses } from '#agent/probe/resolve/testing/dns-server.ts';
import { startNameTest } from '#agent/probe/resolve/testing/name-test.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { CONTROL_V4, CONTROL_V6, PORT, type ChildReport } from './namespace-facts.ts';
import { literalRows, nameRows } from './rows.ts';
import { runRows } from './run-rows.ts';

const rows = nameRows();
const answers = new Map<string, readonly string[]>(rows.map(({ name, address }) => [name, [address]]));
answers.set('control.test', [CONTROL_V4, CONTROL_V6]);
let flips = 0;
const names = await startNameTest((question) => {
  if (question.name === 'flipping.test') return addresses(question, flips++ % 2 === 0 ? CONTROL_V4 : '10.1.2.3');
  return addresses(question, ...(answers.get(question.name) ?? []));
});
const agent = new AgentEgress({ allow: [], deny: [], kind: 'public', nowMs: () => performance.now() });
const guarded = probeWith((address) => agent.decide(address));
const literals = await runRows(literalRows().map(({ host, family, range, how }) => ({ host, family, label: `${range}, ${how}: ${JSON.stringify(host)}` })), { port: PORT, inFlight: 32, probe: (spec) => guarded.probe(spec) });
const named = await runRows(rows.map(({ name, family, range, address }) => ({ host: name, family, label: `${range}: ${address}` })), { port: PORT, inFlight: 32, probe: (spec) => guarded.probe(spec) });
const servers = ['10.9.9.9', '169.254.169.254', '[fd00::53]:53', '127.0.0.1:53'].map((dnsServer) => ({ host: 'db.test', family: 'IPv4', label: dnsServer, dnsServer } as const));
const nameServers = await runRows(servers, { port: PORT, inFlight: 2, probe: (spec) => guarded.probe(spec) });

const reached: string[] = [];
for (const [hostname, ipFamily] of [[CONTROL_V4, 'IPv4'], [CONTROL_V6, 'IPv6'], ['control.test', 'IPv4'], ['control.test', 'IPv6'], ...Array.from({ length: 6 }, () => ['flipping.test', 'IPv4'] as const)] as const) {
  const report = await guarded.probe(aProbeSpec({ hostname, ipFamily, port: PORT, maxResponseTimeMs: 2_000 }));
  reached.push(report.failure?.code ?? 'reached');
}
await names.close();
const report: ChildReport = { literals, named, nameServers, reached };
process.stdout.write(`${JSON.stringify(report)}\n`);

function probeWith(egress: Egress): Probe {
  const deadlines = new Deadlines(systemClock);
  return createProbe({
    engine: plainEngine({ clock: systemClock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null }),
    resolver: names.resolver, egress, clock: systemClock, deadlines, loopDelay: new LoopDelay(systemClock), clientCertificates: () => null,
  });
}
