import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { aReport } from '#shared/testing/results.ts';
import type { LocalSecret } from '../secrets/fill-local-secrets.ts';
import { attemptWith } from './attempt.ts';

const CANARY = 'canary-9f2b7c';
const NEVER = new AbortController().signal;

/** An attempt whose target says back what it was sent. */
function anEcho(secrets: Record<string, LocalSecret> = {}) {
  const sent: ProbeSpec[] = [];
  const attempt = attemptWith({
    nowMs: () => 0, isImpaired: () => false, localSecret: (name) => secrets[name] ?? null,
    probe: async (spec) => {
      sent.push(spec);
      const echoed = Buffer.from(spec.payload ?? '').toString();
      return aReport({
        response: Buffer.from(`ERR unknown command '${echoed}'`), captures: { said: echoed },
        steps: [{ kind: 'send', us: 1, ok: true, detail: echoed }],
        failure: { phase: 'read', code: 'ECONNRESET', message: `it said "${echoed}" and was gone` },
      });
    },
  });
  return { attempt, sent };
}

describe('an attempt with secrets', () => {
  it('sends and judges them, and reports nothing of them', async () => {
    const { attempt, sent } = anEcho();
    const seen = await attempt(aProbeSpec({
      payload: Buffer.from(`AUTH ${CANARY}`), secrets: [CANARY], assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'nothing like it' }],
    }), NEVER);
    expect(Buffer.from(sent[0]!.payload!).toString()).toBe(`AUTH ${CANARY}`);
    expect(Buffer.from(seen.report.response).toString()).toBe("ERR unknown command 'AUTH [redacted]'");
    expect(seen.assertions[0]!.actual).toContain('[redacted]');
    expect(JSON.stringify({ ...seen, report: { ...seen.report, response: Buffer.from(seen.report.response).toString() } })).not.toContain(CANARY);
  });

  it('fills in what its own file has for this very target, and nothing for another one', async () => {
    const { attempt, sent } = anEcho({ redis: { value: CANARY, targets: ['127.0.0.1:6379'] } });
    const spec = aProbeSpec({ payload: Buffer.from('AUTH {{local.redis}}\r\n\xff', 'latin1'), steps: [{ kind: 'expect', pattern: 'hello' }] });
    const seen = await attempt(spec, NEVER);
    expect(Buffer.from(sent[0]!.payload!)).toEqual(Buffer.from(`AUTH ${CANARY}\r\n\xff`, 'latin1'));
    expect(Buffer.from(seen.report.response).toString()).toContain('AUTH [redacted]');
    await attempt(spec, NEVER);
    expect(sent[1]).toBe(sent[0]);
    for (const [changes, problem] of [[{ port: 6380 }, "'redis' is not for 127.0.0.1:6380"], [{ payload: Buffer.from('{{local.other}}') }, "there is no secret 'other'"]] as const) {
      const refused = await attempt({ ...spec, ...changes }, NEVER);
      expect(refused).toMatchObject({ outcome: 'agent_fault', failure: { code: 'ERR_AGENT_SECRET', message: expect.stringContaining(problem) } });
    }
    expect(sent).toHaveLength(2);
  });

  it('fills them in what is expected, where in a pattern they stand for themselves, and tells nothing of them', async () => {
    const { attempt } = anEcho({ token: { value: 'a+b(canary', targets: ['127.0.0.1:6379'] } });
    const assertions = (['CONTAINS', 'MATCHES', 'EQUALS'] as const).map((comparison) => ({ source: 'RESPONSE_DATA' as const, property: '', comparison, target: 'said {{local.token}}' }));
    const seen = await attempt(aProbeSpec({ payload: Buffer.from('said {{local.token}}'), assertions }), NEVER);
    expect(seen.assertions.map(({ passed }) => passed)).toEqual([true, true, false]);
    expect(JSON.stringify(seen.assertions)).not.toContain('canary');
    expect(seen.assertions[2]!.actual).toContain('[redacted]');
    const tooLong = anEcho({ token: { value: 'canary'.repeat(100), targets: ['127.0.0.1:6379'] } });
    const refused = await tooLong.attempt(aProbeSpec({ payload: null, assertions }), NEVER);
    expect(refused).toMatchObject({ outcome: 'agent_fault', failure: { code: 'ERR_AGENT_SECRET', message: expect.stringContaining('with the secrets filled in, assertion 2, target') } });
    expect(JSON.stringify(refused)).not.toContain('canary');
  });

  it('never fills them in a hostname', async () => {
    const { attempt, sent } = anEcho({ redis: { value: CANARY, targets: ['{{local.redis}}:6379'] } });
    await attempt(aProbeSpec({ hostname: '{{local.redis}}', payload: null }), NEVER);
    expect(sent[0]!.hostname).toBe('{{local.redis}}');
  });
});
