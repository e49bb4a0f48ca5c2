import { describe, expect, it } from 'vitest';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { Random } from '../random.ts';
import { runCampaign } from './campaign.ts';
import { brokenLaw, LAWS } from './laws.ts';
import { runOverSockets } from './over-sockets.ts';
import { randomReply } from './random-reply.ts';
import { randomSpec } from './random-spec.ts';
import type { Reply } from './reply.ts';
import { segmentationMatters } from './segmentation.ts';
import { shrunk } from './shrink.ts';
import { type Seen, World } from './world.ts';

const REPLIES = 3_000;

function aReply(changes: Partial<Reply> = {}): Reply {
  return {
    resolution: { kind: 'hangs' }, connect: { kind: 'accepted', afterUs: 310.5, reached: null, synRetransmits: null },
    handshake: { kind: 'silence' }, events: [], stalledWrite: null, writeUs: 12.25, cancelAfterUs: null, block: null, ...changes,
  };
}

describe('fuzzed replies', () => {
  it(`${REPLIES} of them all end in an outcome of the enum, and break no law`, async () => {
    const { broken, tally, differentials } = await runCampaign({ seed: 20_261_122, from: 0, to: REPLIES });
    expect(broken.map(({ reply, law, how }) => ({ reply, law, how }))).toEqual([]);
    expect(tally.replies).toBe(REPLIES);
    expect(differentials).toBe(REPLIES / 8);
    // What never came up was not tested.
    expect(tally.unseen).toEqual([]);
    expect(tally.codes.size).toBeGreaterThan(25);
  }, 60_000);

  it('are the same for the same seed, also one alone', async () => {
    const made = (seed: number, index: number) => JSON.stringify(randomReply(new Random(seed, 2, index), randomSpec(new Random(seed, 1, index))));
    expect(made(7, 123)).toBe(made(7, 123));
    expect(made(7, 123)).not.toBe(made(7, 124));
    expect(made(7, 123)).not.toBe(made(8, 123));
    const all = await runCampaign({ seed: 7, from: 0, to: 124 });
    const before = await runCampaign({ seed: 7, from: 0, to: 123 });
    const one = await runCampaign({ seed: 7, from: 123, to: 124 });
    expect(one.tally.replies).toBe(1);
    for (const [code, count] of one.tally.codes) expect(all.tally.codes.get(code)).toBe((before.tally.codes.get(code) ?? 0) + count);
    expect(all.tally.bytes - before.tally.bytes).toBe(one.tally.bytes);
  });

  it('200 of them through real sockets end in an outcome, too', async () => {
    const { broken, tally, connections } = await runOverSockets({ seed: 3, count: 200, lanes: 32 });
    expect(broken).toEqual([]);
    expect(tally.replies).toBe(200);
    expect(connections).toBe(200);
  }, 60_000);
});

describe('the laws', () => {
  const spec = aProbeSpec({ maxResponseTimeMs: 300, assertions: [{ source: 'RESPONSE_DATA', property: '', comparison: 'CONTAINS', target: 'never' }] });
  const reply = aReply({ events: [{ gapUs: 500.5, afterWrites: 0, what: { kind: 'data', bytes: Buffer.from('hello') } }, { gapUs: 9, afterWrites: 0, what: { kind: 'fin' } }] });

  async function anAttempt(): Promise<Seen> {
    return await new World(0).attempt(spec, [], reply);
  }

  it('hold for an ordinary attempt', async () => {
    const seen = await anAttempt();
    expect(brokenLaw(seen)).toBeNull();
    expect(seen.report).toMatchObject({ stopReason: 'closed', bytesReceived: 5 });
  });

  const planted: readonly (readonly [string, (seen: Seen) => Seen])[] = [
    ['the outcome is one', (seen) => ({ ...seen, judgement: { ...seen.judgement, outcome: 'fine' as 'passed' } })],
    ['phases sum', (seen) => ({ ...seen, report: { ...seen.report, timings: { ...seen.report.timings, dataUs: 7 } } })],
    ['the total is within', (seen) => ({ ...seen, tookUs: 400_100 })],
    ['the response is what', (seen) => ({ ...seen, report: { ...seen.report, response: Buffer.from('hallo') } })],
    ['bytes sent', (seen) => ({ ...seen, report: { ...seen.report, bytesSent: 1 } })],
    ['the stop reason', (seen) => ({ ...seen, report: { ...seen.report, stopReason: 'failed' } })],
    ['failures have', (seen) => ({ ...seen, report: { ...seen.report, stopReason: 'failed', failure: { phase: 'read', code: 'ECONNRESET', message: 'a\0b' } } })],
    ['texts that are kept', (seen) => ({ ...seen, report: { ...seen.report, captures: { a: '\ud800' } } })],
    ['no reply is an agent', (seen) => ({ ...seen, report: { ...seen.report, stopReason: 'failed', failure: { phase: 'read', code: 'ERR_AGENT_INTERNAL', message: 'x' } } })],
    ['only an allowed', (seen) => ({ ...seen, network: { ...seen.network, closed: 0 } })],
    ['steps are reported', (seen) => ({ ...seen, report: { ...seen.report, steps: [{ kind: 'send', us: 1, ok: true, detail: '' }] } })],
    ['nothing waits', (seen) => ({ ...seen, pendingDeadlines: 1 })],
  ];

  it.each(planted)('find what breaks "%s…"', async (name, plant) => {
    expect(brokenLaw(plant(await anAttempt()))?.law).toContain(name);
  });

  it('have each a planted fault that it finds', () => {
    expect(planted.length).toBe(LAWS.length);
  });

});

describe('a reply that breaks something', () => {
  const data = (text: string, gapUs = 5): Reply['events'][number] => ({ gapUs, afterWrites: 0, what: { kind: 'data', bytes: Buffer.from(text) } });
  const hasX = async (reply: Reply): Promise<boolean> => reply.events.some(({ what }) => what.kind === 'data' && Buffer.from(what.bytes).includes('X'));

  it('is made as small as halving makes it', async () => {
    const reply = aReply({ events: [data('abc'), data('some long text with an X in its middle'), data('def')], block: { operation: 1, us: 9 }, stalledWrite: 1 });
    expect(await shrunk(reply, hasX)).toEqual(aReply({ events: [data('X', 0)] }));
  });

  it('is not made smaller where it breaks nothing by itself', async () => {
    expect(await shrunk(aReply({ events: [data('abc')] }), hasX)).toBeNull();
  });

  it.each([
    ['^\\+OK(?: ready)?', '+OK', ' ready'],
    ['(ab|a)', 'a', 'b'],
    ['a(?:.*z)?', 'ab c', 'z'],
    ['Gr.\u00dfe?', 'Gr\u00fc\u00df', 'e'],
  ])('in no way is by how it is cut: /%s/ on %j and %j', async (pattern, first, second) => {
    // Whatever the match leaves over is an injection at this step, so that a match too early shows.
    const steps = [{ kind: 'expect', pattern }, { kind: 'startTls' }] as const;
    const seen = await new World(0).attempt(aProbeSpec({ steps }), [], aReply({ events: [data(first), data(second)] }));
    expect(seen.report.steps.map((step) => step.ok)).toEqual([true, false]);
    expect(seen.report.failure?.code).toBe('SOCKET_TIMEOUT');
    expect(await segmentationMatters(seen)).toBeNull();
  });
});
