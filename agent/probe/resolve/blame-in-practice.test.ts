import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openChannel } from './channel.ts';
import { addresses, startDnsServer } from './testing/dns-server.ts';
import { OWN, always, codeOf, startNameTest, type NameTest } from './testing/name-test.ts';

let test: NameTest;

beforeEach(async () => {
  test = await startNameTest((question) => addresses(question, '198.51.100.7'));
});

afterEach(() => test.close());

describe('trouble with the agent\'s own resolver', () => {
  it('is the agent\'s fault when the control name fails too, but NXDOMAIN stays the target\'s', async () => {
    test.isControlAnswered = false;
    for (const behaviour of [{ kind: 'answer', rcode: 'SERVFAIL' }, { kind: 'answer', rcode: 'REFUSED' }, { kind: 'silence' }] as const) {
      test.script = always(behaviour);
      expect(codeOf(await test.resolve('target.test', { timeoutMs: 300 }))).toBe('ERR_RESOLVER_DOWN');
    }
    test.script = always({ kind: 'answer', rcode: 'NXDOMAIN' });
    expect(codeOf(await test.resolve('target.test'))).toBe('ENOTFOUND');
  });

  it('asks the control name once for many failing lookups', async () => {
    test.script = always({ kind: 'answer', rcode: 'SERVFAIL' });
    const codes = await Promise.all(Array.from({ length: 50 }, async (_, at) => codeOf(await test.resolve(`n${at}.test`))));
    expect(new Set(codes)).toEqual(new Set(['ESERVFAIL']));
    expect(test.askedNames().filter((name) => name === '')).toHaveLength(1);
  });

  it('does not ask the control name while all is well, nor about the check\'s own server', async () => {
    await test.resolve('db.test');
    test.script = always({ kind: 'answer', rcode: 'SERVFAIL' });
    await test.resolve('db.test', { dnsServer: test.server.address });
    expect(test.askedNames()).not.toContain('');
  });

  it('is the agent\'s fault when nothing listens at its resolver', async () => {
    const nobody = await startDnsServer(always({ kind: 'silence' }));
    await nobody.close();
    const lost = test.aResolver({ openChannel: () => test.toTestServer(openChannel(), { [OWN]: nobody.address }) });
    expect(codeOf(await test.resolve('db.test', {}, lost))).toBe('ERR_RESOLVER_DOWN');
    expect(codeOf(await test.resolve('db.test', { dnsServer: nobody.address }, lost))).toBe('ETIMEOUT');
  });

  it('is no verdict when the resolver was only restarting', async () => {
    let refusals = 1;
    const restarting = test.aResolver({ openChannel: () => {
      const channel = test.toTestServer(openChannel());
      return { ...channel, ask: (question, done) => (refusals-- > 0 ? queueMicrotask(() => done({ errorCode: 'ECONNREFUSED' })) : channel.ask(question, done)) };
    } });
    expect(codeOf(await test.resolve('db.test', {}, restarting))).toBe('ok 198.51.100.7');
  });

  it('goes to the next name server when the first is silent or in trouble', async () => {
    const broken = await startDnsServer((question) => (question.name === 'servfail.test' ? { kind: 'answer', rcode: 'SERVFAIL' } : { kind: 'silence' }));
    const two = test.aResolver({
      resolvConf: `nameserver 192.0.2.1\nnameserver ${OWN}`,
      openChannel: () => test.toTestServer(openChannel(), { '192.0.2.1': broken.address }),
    });
    expect(codeOf(await test.resolve('servfail.test', {}, two))).toBe('ok 198.51.100.7');
    expect(codeOf(await test.resolve('silent.test', { timeoutMs: 800 }, two))).toBe('ok 198.51.100.7');
    expect(broken.asked.map(({ name }) => name).filter((name) => name !== '')).toEqual(['servfail.test', 'silent.test']);
    await broken.close();
  });
});

describe('the check\'s own name server', () => {
  it('is asked for exactly the name, past hosts file and search domains', async () => {
    const searching = test.aResolver({ hosts: '10.0.0.1 db', resolvConf: `nameserver ${OWN}\nsearch corp.test` });
    test.script = (question) => (question.name === 'db' ? addresses(question, '198.51.100.7') : { kind: 'answer', rcode: 'NXDOMAIN' });
    expect(codeOf(await test.resolve('db', { dnsServer: test.server.address }, searching))).toBe('ok 198.51.100.7');
    expect(codeOf(await test.resolve('other', { dnsServer: test.server.address }, searching))).toBe('ENOTFOUND');
    expect(test.askedNames()).toEqual(['db', 'other']);
  });

  it('gets no packet when the egress policy does not allow it', async () => {
    const asked: string[] = [];
    const guarded = test.aResolver({ egress: (address) => { asked.push(address); return { allowed: false, reason: 'loopback' }; } });
    expect(await test.resolve('db.test', { dnsServer: test.server.address }, guarded)).toMatchObject({ code: 'ERR_EGRESS_DENIED', message: expect.stringContaining('loopback'), us: 0 });
    expect(asked).toEqual(['127.0.0.1']);
    expect(test.server.asked).toHaveLength(0);
  });

  it('is the agent\'s trouble when this machine has no way to send', async () => {
    const routeless = test.aResolver({
      openChannel: () => ({ ask: (_, done) => queueMicrotask(() => done({ errorCode: 'ECONNREFUSED' })), drop: () => {} }),
      localPath: async () => 'ERR_NO_ROUTE',
    });
    expect(codeOf(await test.resolve('db.test', { dnsServer: '[2001:db8::53]:53' }, routeless))).toBe('ERR_NO_ROUTE');
  });

  it('must be an address literal', async () => {
    for (const dnsServer of ['dns.test', '0x7f.1', '1.2.3.4:0', '1.2.3.4:65536', '[fe80::1%lo]:53', '[1.2.3.4]:53', '']) {
      expect([dnsServer, codeOf(await test.resolve('db.test', { dnsServer }))]).toEqual([dnsServer, 'ERR_AGENT_INTERNAL']);
    }
    expect(test.server.asked).toHaveLength(0);
  });
});
