import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemLookup } from './system-lookup.ts';
import { addresses } from './testing/dns-server.ts';
import { always, codeOf, startNameTest, until, type NameTest } from './testing/name-test.ts';

let test: NameTest;

beforeEach(async () => {
  test = await startNameTest((question) => addresses(question, '198.51.100.7'));
});

afterEach(() => test.close());

describe('the end of a lookup', () => {
  it('comes at its own deadline, and by its caller\'s signal, whatever the server does', async () => {
    test.script = always({ kind: 'silence' });
    const signalled = new AbortController();
    const cancelled = test.resolve('a.test', { signal: signalled.signal });
    signalled.abort();
    expect(await cancelled).toMatchObject({ code: 'ERR_AGENT_INTERNAL', message: "looking up 'a.test' was cancelled" });
    expect(codeOf(await test.resolve('b.test', { signal: AbortSignal.abort() }))).toBe('ERR_AGENT_INTERNAL');
    expect(await test.resolve('c.test', { timeoutMs: 100, dnsServer: test.server.address })).toMatchObject({ code: 'ETIMEOUT' });
  });

  it('leaves other lookups alone', async () => {
    test.script = (question) => (question.name === 'held.test' ? { kind: 'hold', records: [{ kind: 'address', name: 'held.test', address: '198.51.100.1' }] } : { kind: 'garbage', bytes: Buffer.alloc(40, 0x7a), keepId: true });
    const held = test.resolve('held.test');
    await until(() => test.server.asked.length === 1);
    expect(codeOf(await test.resolve('garbage.test'))).toBe('EBADRESP');
    expect(codeOf(await test.resolve('late.test', { timeoutMs: 1 }))).not.toMatch(/^ok/);
    test.server.release();
    expect(codeOf(await held)).toBe('ok 198.51.100.1');
  });

  it('is no timeout when the answer came in time, and only the agent was too busy to read it', async () => {
    test.script = (question) => {
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400));
      return addresses(question, '198.51.100.7');
    };
    expect(codeOf(await test.resolve('db.test', { timeoutMs: 300, dnsServer: test.server.address }))).toBe('ok 198.51.100.7');
  });

  it('comes for all when the resolver is closed', async () => {
    test.script = always({ kind: 'silence' });
    const pending = test.resolve('a.test');
    test.resolver.close();
    expect(codeOf(await pending)).toBe('ERR_AGENT_INTERNAL');
    expect(codeOf(await test.resolve('b.test'))).toBe('ERR_AGENT_INTERNAL');
  });

  it('is the agent\'s, not the target\'s, when the lookup never got its turn', async () => {
    test.script = always({ kind: 'silence' });
    const narrow = test.aResolver({ limits: { inFlightMax: 1, youngMax: 1, waitingMax: 1 } });
    const first = test.resolve('first.test', { timeoutMs: 300, dnsServer: test.server.address }, narrow);
    const waiting = test.resolve('waiting.test', { timeoutMs: 150, dnsServer: test.server.address }, narrow);
    const tooMany = test.resolve('too-many.test', { dnsServer: test.server.address }, narrow);
    expect(await tooMany).toMatchObject({ code: 'ERR_AGENT_INTERNAL', message: expect.stringContaining('too many') });
    expect(await waiting).toMatchObject({ code: 'ERR_AGENT_INTERNAL', message: expect.stringContaining('waited'), us: 0 });
    expect(codeOf(await first)).toBe('ETIMEOUT');
  });
});

describe('many at once', () => {
  it('500 lookups with a tenth of the names held back lose none, and fast ones do not wait for slow ones', async () => {
    const held = (name: string): boolean => name.startsWith('slow');
    test.script = (question) => (held(question.name)
      ? { kind: 'hold', records: [{ kind: 'address', name: question.name, address: '198.51.100.2' }] }
      : addresses(question, '198.51.100.1'));
    const names = Array.from({ length: 500 }, (_, at) => (at % 10 === 0 ? `slow${at}.test` : `fast${at}.test`));
    let fastDone = 0;
    const all = names.map(async (name) => {
      const resolution = await test.resolve(name, { timeoutMs: 20_000 });
      if (!held(name)) fastDone += 1;
      return codeOf(resolution);
    });
    await until(() => fastDone === 450);
    await until(() => new Set(test.askedNames().filter(held)).size === 50);
    test.server.release();
    const results = await Promise.all(all);
    expect(results.filter((code) => !code.startsWith('ok'))).toEqual([]);
  }, 30_000);

  it('more slow names than may burst at once still let fast ones pass', async () => {
    test.script = (question) => (question.name.startsWith('slow') ? { kind: 'hold', records: [] } : addresses(question, '198.51.100.1'));
    const narrow = test.aResolver({ limits: { youngMax: 4, youngMs: 20, inFlightMax: 16 } });
    const slow = Array.from({ length: 12 }, (_, at) => test.resolve(`slow${at}.test`, { timeoutMs: 20_000 }, narrow));
    expect(codeOf(await test.resolve('fast.test', { timeoutMs: 20_000 }, narrow))).toBe('ok 198.51.100.1');
    expect(narrow.load().inFlight).toBe(12);
    narrow.close();
    await Promise.all(slow);
  });
});

describe('the system\'s resolver', () => {
  it('is asked instead, four at a time, with its errors told apart', async () => {
    const waiting: (() => void)[] = [];
    const system = test.aResolver({ mode: 'system', systemLookup: (hostname, family) => new Promise((done) => waiting.push(() => {
      if (hostname === 'six.test') done(family === 'IPv6' ? { kind: 'addresses', addresses: ['2001:db8::1'] } : { kind: 'noSuchName' });
      else done({ kind: 'addresses', addresses: ['198.51.100.7'] });
    })) });
    const found = ['a.test', 'six.test', 'c.test', 'd.test', 'e.test'].map(async (name) => codeOf(await test.resolve(name, {}, system)));
    await until(() => waiting.length === 4);
    expect(system.load()).toMatchObject({ inFlight: 4, waiting: 1 });
    const pump = setInterval(() => { for (const done of waiting.splice(0)) done(); }, 1);
    expect(await Promise.all(found)).toEqual(['ok 198.51.100.7', 'ERR_INVALID_IP_ADDRESS', 'ok 198.51.100.7', 'ok 198.51.100.7', 'ok 198.51.100.7']);
    clearInterval(pump);
  });

  it('keeps its place until it ends, even when nobody waits any more', async () => {
    let end = (): void => {};
    const system = test.aResolver({ mode: 'system', systemLookup: () => new Promise((done) => { end = () => done({ kind: 'noSuchName' }); }) });
    test.isControlAnswered = false;
    expect(codeOf(await test.resolve('hung.test', { timeoutMs: 50 }, system))).toBe('ERR_RESOLVER_DOWN');
    expect(system.load().inFlight).toBe(1);
    end();
    await until(() => system.load().inFlight === 0);
  });

  it('finds what this machine knows, and what it does not', async () => {
    expect(await systemLookup('localhost', 'IPv4')).toEqual({ kind: 'addresses', addresses: ['127.0.0.1'] });
    expect((await systemLookup('a..b', 'IPv4')).kind).not.toBe('addresses');
  });
});
