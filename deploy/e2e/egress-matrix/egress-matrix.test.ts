import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cidrs } from '#shared/net/cidr.ts';
import { type EgressPolicy, decideEgress } from '#shared/net/egress-policy.ts';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import type { ProbeReport } from '#shared/run/report.ts';
import { systemClock } from '#shared/time/clock.ts';
import { Deadlines } from '#agent/probe/deadlines.ts';
import type { Engine } from '#agent/probe/engine/engine.ts';
import { plainEngine } from '#agent/probe/engine/plain-engine.ts';
import { SecureContexts } from '#agent/probe/engine/secure-contexts.ts';
import { LoopDelay } from '#agent/probe/loop-delay.ts';
import { createProbe } from '#agent/probe/probe.ts';
import { addresses } from '#agent/probe/resolve/testing/dns-server.ts';
import { type NameTest, startNameTest } from '#agent/probe/resolve/testing/name-test.ts';
import { literalRows, nameRows } from './rows.ts';
import { runRows } from './run-rows.ts';
import { bytesOf, SPECIAL_PURPOSE_V4, SPECIAL_PURPOSE_V6, samplesOf } from './special-purpose.ts';

/** The one address that is allowed, beside addresses of loopback that are not. */
const CONTROL = '127.0.0.77';
const DENIED = ['127.0.0.1', '127.0.0.2', '127.128.0.0', '127.255.255.254', '::1'];
const POLICY: EgressPolicy = { kind: 'public', localAllow: cidrs(`${CONTROL}/32`), localDeny: [], serverAllow: [], serverDeny: [], ownAddresses: [] };

let port = 0;
const listeners: net.Server[] = [];
const connections = new Map<string, number>();
let dialled: string[] = [];
let names: NameTest;
let answers: Readonly<Record<string, readonly string[]>> = {};

beforeEach(async () => {
  names = await startNameTest((question) => addresses(question, ...(answers[question.name] ?? [])));
  port = 0;
  for (const host of [CONTROL, ...DENIED]) await listen(host);
});

afterEach(async () => {
  await names.close();
  await Promise.all(listeners.splice(0).map((listener) => new Promise((resolve) => { listener.close(resolve); })));
  connections.clear();
  dialled = [];
});

/** All on one port; an address that this host does not have (IPv6 switched off) is left out. */
async function listen(host: string): Promise<void> {
  const listener = net.createServer((socket) => {
    connections.set(host, (connections.get(host) ?? 0) + 1);
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', (error: NodeJS.ErrnoException) => (host.includes(':') && error.code === 'EADDRNOTAVAIL' ? resolve() : reject(error)));
    listener.listen({ port, host }, () => {
      port = (listener.address() as net.AddressInfo).port;
      listeners.push(listener);
      resolve();
    });
  });
}

function probeWith(policy: EgressPolicy): (spec: ProbeSpec) => Promise<ProbeReport> {
  const deadlines = new Deadlines(systemClock);
  const real = plainEngine({ clock: systemClock, deadlines, secureContexts: new SecureContexts(), tcpInfo: null });
  // Were there a hole, nothing may leave this host: what is not loopback is noted and goes no further.
  const engine: Engine = {
    clock: 'user',
    open: async (request) => {
      dialled.push(request.address);
      if (/^(127\.|::1$|::ffff:127\.)/.test(request.address)) return await real.open(request);
      return { ok: false, trouble: { kind: 'timeout' }, startedUs: request.untilUs, atUs: request.untilUs, synRetransmits: null };
    },
  };
  const { probe } = createProbe({
    engine, resolver: names.resolver, egress: (address) => decideEgress(address, policy), clock: systemClock, deadlines,
    loopDelay: new LoopDelay(systemClock), clientCertificates: () => null,
  });
  return probe;
}

async function connectTo(host: string, family: 'IPv4' | 'IPv6' = 'IPv4') {
  return await runRows([{ host, family, label: host }], { port, inFlight: 1, probe: probeWith(POLICY) });
}

/** The counters work: the allowed address is reached once. */
async function expectControl(): Promise<void> {
  const before = connections.get(CONTROL) ?? 0;
  const { denied, refused, holes } = await connectTo(CONTROL);
  expect([denied, refused]).toEqual([0, 0]);
  expect(holes).toEqual([expect.stringContaining('passed')]);
  await new Promise((resolve) => { setImmediate(resolve); });
  expect(connections.get(CONTROL)).toBe(before + 1);
  expect(dialled.at(-1)).toBe(CONTROL);
}

describe.skipIf(process.platform !== 'linux')('the egress matrix on loopback', () => {
  it('covers both registries with addresses that are what they say', () => {
    expect(SPECIAL_PURPOSE_V4.length + SPECIAL_PURPOSE_V6.length).toBeGreaterThan(50);
    expect(samplesOf('10.0.0.0', 8).map((bytes) => bytes.join('.'))).toEqual(['10.0.0.0', '10.128.0.0', '10.255.255.255']);
    expect(bytesOf('2001:db8::1').length).toBe(16);
    expect(literalRows().length).toBeGreaterThan(3_500);
  });

  it('denies every special-purpose range in every spelling, with no connection', async () => {
    const rows = literalRows().map(({ range, how, host, family }) => ({ host, family, label: `${range}, ${how}: ${JSON.stringify(host)}` }));
    const tally = await runRows(rows, { port, inFlight: 32, probe: probeWith(POLICY) });
    expect(tally.holes).toEqual([]);
    expect(tally.denied + tally.refused).toBe(rows.length);
    expect(Math.min(tally.denied, tally.refused)).toBeGreaterThan(1_000);
    expect(dialled).toEqual([]);
    expect([...connections]).toEqual([]);
    await expectControl();
  }, 60_000);

  it('denies what a name became, by the answers of a real name server', async () => {
    const rows = nameRows();
    answers = Object.fromEntries(rows.map(({ name, address }) => [name, [address]]));
    const tally = await runRows(rows.map(({ name, family, range, address }) => ({ host: name, family, label: `${range}: ${address}` })), { port, inFlight: 16, probe: probeWith(POLICY) });
    expect(tally.holes).toEqual([]);
    expect(tally.denied).toBe(rows.length);
    expect(dialled).toEqual([]);
    expect(names.askedNames().length).toBeGreaterThanOrEqual(rows.length);
    await expectControl();
  }, 60_000);

  it('decides on every lookup afresh: a name that flips is reached only while it is allowed', async () => {
    let flips = 0;
    names.script = (question) => addresses(question, flips++ % 2 === 0 ? CONTROL : '127.0.0.1');
    for (let turn = 0; turn < 10; turn += 1) {
      const { denied, holes } = await connectTo('flipping.test');
      expect([denied, holes.length]).toEqual(turn % 2 === 0 ? [0, 1] : [1, 0]);
    }
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(dialled).toEqual([CONTROL, CONTROL, CONTROL, CONTROL, CONTROL]);
    expect([...connections]).toEqual([[CONTROL, 5]]);
  });

  it('never goes on to the next address of an answer', async () => {
    answers = { 'denied-first.test': ['127.0.0.1', CONTROL], 'denied-second.test': [CONTROL, '127.0.0.1'] };
    expect(await connectTo('denied-first.test')).toMatchObject({ denied: 1, holes: [] });
    expect(dialled).toEqual([]);
    expect((await connectTo('denied-second.test')).holes.length).toBe(1);
    expect(dialled).toEqual([CONTROL]);
  });

  it('holds for a check\'s own name server, which gets no packet', async () => {
    const rows = ['127.0.0.1', names.server.address, '[::1]:53', '169.254.169.254', '10.0.0.53:5353', '[fd00::53]:53'].map((dnsServer) => ({ host: 'db.test', family: 'IPv4', label: dnsServer, dnsServer } as const));
    const tally = await runRows(rows, { port, inFlight: 2, probe: probeWith(POLICY) });
    expect(tally).toEqual({ refused: 0, denied: rows.length, holes: [] });
    expect(names.server.asked).toEqual([]);
  });

  it('would show a hole: with a policy that allows all, denied addresses are reached and counted', async () => {
    const { holes } = await runRows([{ host: '127.0.0.2', family: 'IPv4', label: 'planted' }], { port, inFlight: 1, probe: probeWith({ ...POLICY, kind: 'open' }) });
    await new Promise((resolve) => { setImmediate(resolve); });
    expect(holes.length).toBe(1);
    expect(connections.get('127.0.0.2')).toBe(1);
  });
});
