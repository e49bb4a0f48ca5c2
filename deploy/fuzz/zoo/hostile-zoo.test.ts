import { afterEach, describe, expect, it } from 'vitest';
import { compileAssertions } from '#shared/assertion/compile.ts';
import type { Assertion } from '#shared/check/check.ts';
import { judgeAttempt } from '#shared/run/judge-attempt.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport, StopReason } from '#shared/run/report.ts';
import type { Outcome } from '#shared/run/result.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { createProbe } from '#agent/probe/probe.ts';
import type { DnsBehaviour } from '#agent/probe/resolve/testing/dns-server.ts';
import { always, startNameTest } from '#agent/probe/resolve/testing/name-test.ts';
import { probeDeps, responseOf, sumsUp } from '#agent/probe/testing/probe-under-test.ts';

const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const contains = (target: string): Assertion => ({ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target });
const NOT_EMPTY: Assertion = { source: 'RESPONSE_DATA', property: '', comparison: 'NOT_EMPTY', target: '' };
const IS_EMPTY: Assertion = { source: 'RESPONSE_DATA', property: '', comparison: 'IS_EMPTY', target: '' };

/** Outcome, stop reason and failure code, in this order, for all to see in one line. */
type Verdict = readonly [Outcome, StopReason, string | null];

async function meet(script: readonly ServerAction[], changes: Partial<ProbeSpec>): Promise<{ readonly report: ProbeReport; readonly verdict: Verdict }> {
  const server = await startScriptedServer(script);
  servers.push(server);
  return await attempt({ port: server.port, maxResponseTimeMs: 400, degradedResponseTimeMs: 400, ...changes });
}

async function attempt(changes: Partial<ProbeSpec>, resolver = probeDeps().resolver): Promise<{ readonly report: ProbeReport; readonly verdict: Verdict }> {
  const spec = aProbeSpec(changes);
  const report = await createProbe(probeDeps({ resolver })).probe(spec);
  const compiled = compileAssertions(spec.assertions);
  const { outcome, failure } = judgeAttempt(spec, compiled.ok ? compiled.assertions : [], report, { nowMs: 0, impaired: false });
  expect(sumsUp(report)).toBe(true);
  return { report, verdict: [outcome, report.stopReason, failure?.code ?? null] };
}

describe('the hostile zoo: exact outcome and bytes for each', () => {
  const banner = 'x'.repeat(200_000);
  const rows: readonly (readonly [string, readonly ServerAction[], Partial<ProbeSpec>, Verdict, string | RegExp])[] = [
    ['a huge banner, kept up to the limit', [{ do: 'send', bytes: banner }, { do: 'silence' }], { assertions: [contains('never')], maxResponseTimeMs: 5_000 }, ['failed', 'bytes', 'ERR_ASSERTION'], /^x{65536}$/],
    ['a huge banner that begins with the answer', [{ do: 'send', bytes: `220 ${banner}` }, { do: 'silence' }], { assertions: [contains('220 ')], maxResponseTimeMs: 5_000 }, ['passed', 'decided', null], /^220 x{65532}$|^220 x+$/],
    ['a flood', [{ do: 'flood' }], { assertions: [contains('never')], maxResponseTimeMs: 5_000 }, ['failed', 'bytes', 'ERR_ASSERTION'], /^x{65536}$/],
    ['a drip of one byte at a time', [{ do: 'drip', bytes: 'drop', everyMs: 25, forever: true }], { assertions: [contains('never')] }, ['failed', 'deadline', 'ERR_ASSERTION'], /^(drop){1,4}d?r?o?p?$/],
    ['a drip that holds the answer', [{ do: 'drip', bytes: 'ready', everyMs: 10 }, { do: 'silence' }], { assertions: [contains('ready')], maxResponseTimeMs: 2_000, degradedResponseTimeMs: 2_000 }, ['passed', 'decided', null], 'ready'],
    ['silence where an answer is wanted', [{ do: 'silence' }], { assertions: [NOT_EMPTY] }, ['failed', 'deadline', 'SOCKET_TIMEOUT'], ''],
    ['silence where silence is wanted', [{ do: 'silence' }], { assertions: [IS_EMPTY] }, ['passed', 'deadline', null], ''],
    ['accept, then nothing, asked nothing', [{ do: 'silence' }], {}, ['passed', 'not_read', null], ''],
    ['accept, then nothing, after a payload', [{ do: 'silence' }], { payload: Buffer.from('x') }, ['passed', 'end_of_answer', null], ''],
    ['accept, then close', [{ do: 'close' }], { assertions: [NOT_EMPTY] }, ['failed', 'closed', 'ERR_ASSERTION'], ''],
    ['half-close after the answer', [{ do: 'send', bytes: 'bye' }, { do: 'halfClose' }, { do: 'silence' }], { assertions: [contains('by')], payload: Buffer.from('x') }, ['passed', 'decided', null], 'bye'],
    ['half-close before the answer is whole', [{ do: 'send', bytes: 'by' }, { do: 'halfClose' }, { do: 'silence' }], { assertions: [contains('bye')] }, ['failed', 'closed', 'ERR_ASSERTION'], 'by'],
    ['half-close at once', [{ do: 'halfClose' }, { do: 'silence' }], { assertions: [IS_EMPTY] }, ['passed', 'closed', null], ''],
    ['NUL and bytes that are no text', [{ do: 'send', bytes: '\x00\xff\xc3(\xed\xa0\x80' }, { do: 'close' }], { assertions: [contains('never')] }, ['failed', 'closed', 'ERR_ASSERTION'], '\x00\xff\xc3(\xed\xa0\x80'],
    ['an expected failure that does not come', [{ do: 'silence' }], { shouldFail: true }, ['failed', 'not_read', 'ERR_SHOULD_FAIL_CONNECTED'], ''],
  ];

  it.each(rows)('%s', async (_name, script, changes, expected, bytes) => {
    const { report, verdict } = await meet(script, changes);
    expect(verdict).toEqual(expected);
    if (typeof bytes === 'string') expect(responseOf(report)).toBe(bytes);
    else expect(responseOf(report)).toMatch(bytes);
    expect(report.response.length).toBe(Math.min(report.bytesReceived, 65_536));
  });

  it('a reset at every byte from 0 to 20 is ECONNRESET with exactly the bytes before it', async () => {
    const answer = '220 ready when you are';
    const seen = await Promise.all(Array.from({ length: 21 }, async (_, n) => {
      const { report, verdict } = await meet([{ do: 'expect', text: 'go' }, { do: 'send', bytes: answer.slice(0, n) }, { do: 'pause', ms: 40 }, { do: 'reset' }],
        { payload: Buffer.from('go'), assertions: [contains('you are')], maxResponseTimeMs: 3_000 });
      return [n, ...verdict, report.failure?.phase, responseOf(report)];
    }));
    expect(seen).toEqual(Array.from({ length: 21 }, (_, n) => [n, 'failed', 'failed', 'ECONNRESET', 'read', answer.slice(0, n)]));
  });
});

describe('names in trouble, through the whole probe', () => {
  const answering: readonly (readonly [string, DnsBehaviour, string, Outcome])[] = [
    ['NXDOMAIN', { kind: 'answer', rcode: 'NXDOMAIN' }, 'ENOTFOUND', 'failed'],
    ['NODATA', { kind: 'answer' }, 'ENODATA', 'failed'],
    ['SERVFAIL', { kind: 'answer', rcode: 'SERVFAIL' }, 'ESERVFAIL', 'agent_fault'],
    ['REFUSED', { kind: 'answer', rcode: 'REFUSED' }, 'EREFUSED', 'agent_fault'],
    ['silence', { kind: 'silence' }, 'ETIMEOUT', 'agent_fault'],
    ['garbage', { kind: 'garbage', bytes: Buffer.alloc(40, 0x7a), keepId: true }, 'EBADRESP', 'agent_fault'],
  ];

  it.each(answering)('%s is the target\'s while the agent\'s resolver is well, and only then', async (_name, behaviour, code, whenResolverIsDown) => {
    const names = await startNameTest(always(behaviour));
    try {
      const lookingUp = { hostname: 'target.test', maxResponseTimeMs: 500, degradedResponseTimeMs: 500 };
      const well = await attempt(lookingUp, names.resolver);
      expect(well.verdict.filter((_, index) => index !== 1)).toEqual(['failed', code]);
      expect(well.report).toMatchObject({ established: false, remoteAddress: null, failure: { phase: 'resolve' } });
      names.isControlAnswered = false;
      const down = await attempt(lookingUp, names.aResolver());
      expect(down.verdict.filter((_, index) => index !== 1)).toEqual([whenResolverIsDown, whenResolverIsDown === 'failed' ? code : 'ERR_RESOLVER_DOWN']);
      const own = await attempt({ ...lookingUp, dnsServer: names.server.address }, names.aResolver());
      expect(own.verdict.filter((_, index) => index !== 1)).toEqual(['failed', code]);
    } finally {
      await names.close();
    }
  });
});
