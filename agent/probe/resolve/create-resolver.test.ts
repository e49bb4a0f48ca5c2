import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addresses, type AskedQuestion, type DnsBehaviour, type DnsScript } from './testing/dns-server.ts';
import { OWN, always, codeOf, startNameTest, until, type NameTest } from './testing/name-test.ts';
import { TYPE_A, TYPE_AAAA } from './testing/dns-wire.ts';

let test: NameTest;

beforeEach(async () => {
  test = await startNameTest((question) => addresses(question, '198.51.100.7'));
});

afterEach(() => test.close());

describe('a name that resolves', () => {
  it('gives all addresses of the family in the order of the answer', async () => {
    test.script = (question) => addresses(question, '198.51.100.9', '198.51.100.7', '198.51.100.8', '2001:db8::7');
    expect(await test.resolve('db.test')).toMatchObject({ ok: true, addresses: ['198.51.100.9', '198.51.100.7', '198.51.100.8'] });
    expect(await test.resolve('db.test', { family: 'IPv6' })).toMatchObject({ ok: true, addresses: ['2001:db8::7'] });
  });

  it('is followed through a chain of aliases', async () => {
    test.script = (question) => ({ kind: 'answer', records: [
      { kind: 'cname', name: question.name, target: 'b.test' },
      { kind: 'cname', name: 'b.test', target: 'c.test' },
      { kind: 'address', name: 'c.test', address: '198.51.100.3' },
    ] });
    expect(codeOf(await test.resolve('a.test'))).toBe('ok 198.51.100.3');
  });

  it('is asked over TCP when the answer does not fit into a datagram', async () => {
    test.script = (question) => ({ kind: 'truncate', records: Array.from({ length: 200 }, (_, at) => ({ kind: 'address', name: question.name, address: `10.1.0.${at}` })) });
    const resolution = await test.resolve('many.test');
    expect(resolution.ok && resolution.addresses.length).toBe(200);
    expect(test.server.asked.map(({ transport }) => transport)).toEqual(['udp', 'tcp']);
  });

  it('is asked afresh each time, so that a changed answer is seen at once', async () => {
    test.script = (question) => addresses(question, question.ordinal === 1 ? '198.51.100.7' : '127.0.0.1');
    expect(codeOf(await test.resolve('rebind.test'))).toBe('ok 198.51.100.7');
    expect(codeOf(await test.resolve('rebind.test'))).toBe('ok 127.0.0.1');
    expect(test.server.asked).toHaveLength(2);
  });

  it('takes the time of its query in whole microseconds', async () => {
    test.script = (question) => ({ ...addresses(question, '198.51.100.7'), delayMs: 30 }) as DnsBehaviour;
    const { us } = await test.resolve('slow.test');
    expect(Number.isInteger(us)).toBe(true);
    expect(us).toBeGreaterThanOrEqual(29_000);
  });

  it('is asked again when the question is lost', async () => {
    test.script = (question) => (question.ordinal === 1 ? { kind: 'silence' } : addresses(question, '198.51.100.7'));
    expect(codeOf(await test.resolve('lost.test', { timeoutMs: 800 }))).toBe('ok 198.51.100.7');
    expect(test.askedNames().filter((name) => name === 'lost.test')).toHaveLength(2);
  });

  it('is found by the answer to the first question although it was asked again meanwhile', async () => {
    test.script = (question) => (question.ordinal === 1 ? { kind: 'hold', records: [{ kind: 'address', name: question.name, address: '198.51.100.7' }] } : { kind: 'silence' });
    const slow = test.resolve('slow.test', { timeoutMs: 2000 });
    await until(() => test.askedNames().filter((name) => name === 'slow.test').length === 3);
    test.server.release();
    expect(codeOf(await slow)).toBe('ok 198.51.100.7');
  });

  it('is as slow as its server however many fast names came before', async () => {
    for (let at = 0; at < 8; at += 1) await test.resolve(`fast${at}.test`);
    test.script = (question) => (question.ordinal === 1 ? { ...addresses(question, '198.51.100.7'), delayMs: 1400 } : { kind: 'silence' }) as DnsBehaviour;
    expect(codeOf(await test.resolve('slow.test', { timeoutMs: 4000 }))).toBe('ok 198.51.100.7');
  });
});

describe('a name that does not resolve, while the agent\'s resolver is well', () => {
  const cases: [string, DnsBehaviour, string][] = [
    ['NXDOMAIN', { kind: 'answer', rcode: 'NXDOMAIN' }, 'ENOTFOUND'],
    ['no address of any family', { kind: 'answer' }, 'ENODATA'],
    ['SERVFAIL', { kind: 'answer', rcode: 'SERVFAIL' }, 'ESERVFAIL'],
    ['REFUSED', { kind: 'answer', rcode: 'REFUSED' }, 'EREFUSED'],
    ['NOTIMP', { kind: 'answer', rcode: 'NOTIMP' }, 'ESERVFAIL'],
    ['garbage under the right id', { kind: 'garbage', bytes: Buffer.alloc(40, 0x7a), keepId: true }, 'EBADRESP'],
    ['garbage of one byte', { kind: 'garbage', bytes: Buffer.from([1]), keepId: false }, 'EBADRESP'],
    ['silence', { kind: 'silence' }, 'ETIMEOUT'],
  ];
  for (const [what, behaviour, code] of cases) {
    it(`fails as the target's with ${code} on ${what}`, async () => {
      test.script = always(behaviour);
      const resolution = await test.resolve('target.test', { timeoutMs: 400 });
      expect(codeOf(resolution)).toBe(code);
      expect(test.server.asked.some(({ name }) => name === 'target.test')).toBe(true);
    });

    it(`is never the agent's fault when the check's own server answers with ${what}`, async () => {
      test.isControlAnswered = false;
      test.script = always(behaviour);
      expect(codeOf(await test.resolve('target.test', { timeoutMs: 400, dnsServer: test.server.address }))).toBe(code);
    });
  }

  it('says to switch the IP family when it has only addresses of the other one', async () => {
    test.script = (question) => addresses(question, question.name === 'six.test' ? '2001:db8::1' : '198.51.100.7');
    expect(await test.resolve('six.test')).toMatchObject({ code: 'ERR_INVALID_IP_ADDRESS', message: expect.stringContaining('switch the IP family to IPv6') });
    expect(await test.resolve('four.test', { family: 'IPv6' })).toMatchObject({ code: 'ERR_INVALID_IP_ADDRESS', message: expect.stringContaining('switch the IP family to IPv4') });
    expect(test.server.asked.map(({ type }) => type)).toEqual([TYPE_A, TYPE_AAAA, TYPE_AAAA, TYPE_A]);
  });

  it('is not asked for when it is no name', async () => {
    for (const hostname of ['', 'a..b', '0x7f.1', '2130706433', `${'x'.repeat(64)}.test`, 'ﬀ.test', '127.1']) {
      expect([hostname, codeOf(await test.resolve(hostname))]).toEqual([hostname, 'ENOTFOUND']);
    }
    expect(test.server.asked).toHaveLength(0);
  });
});

describe('names known without a question', () => {
  it('are literals, localhost and the hosts file', async () => {
    const known = test.aResolver({ hosts: '10.0.0.5 DB.corp db # comment\n10.0.0.6 db\n2001:db8::5 db six\n' });
    expect(await test.resolve('198.51.100.1', {}, known)).toEqual({ ok: true, addresses: ['198.51.100.1'], us: 0 });
    expect(codeOf(await test.resolve('2001:db8::1', {}, known))).toBe('ERR_INVALID_IP_ADDRESS');
    expect(codeOf(await test.resolve('LocalHost.', {}, known))).toBe('ok 127.0.0.1');
    expect(codeOf(await test.resolve('a.localhost', { family: 'IPv6' }, known))).toBe('ok ::1');
    expect(codeOf(await test.resolve('db', {}, known))).toBe('ok 10.0.0.5 10.0.0.6');
    expect(codeOf(await test.resolve('db.CORP', {}, known))).toBe('ok 10.0.0.5');
    expect(test.server.asked).toHaveLength(0);
    test.script = always({ kind: 'answer', rcode: 'NXDOMAIN' });
    expect(codeOf(await test.resolve('six', {}, known))).toBe('ERR_INVALID_IP_ADDRESS');
  });
});

describe('search domains', () => {
  const domains = `nameserver ${OWN}\nsearch a.test b.test\noptions ndots:2`;
  const only = (...found: string[]) => (question: AskedQuestion): DnsBehaviour =>
    found.includes(question.name) ? addresses(question, '198.51.100.7') : { kind: 'answer', rcode: 'NXDOMAIN' };

  it('come before a name with too few dots, and after one with enough', async () => {
    test.script = only('db.x');
    expect(codeOf(await test.resolve('db.x', {}, test.aResolver({ resolvConf: domains })))).toBe('ok 198.51.100.7');
    expect(test.askedNames()).toEqual(['db.x.a.test', 'db.x.b.test', 'db.x']);
    test.script = only('db.x.y.b.test');
    expect(codeOf(await test.resolve('db.x.y', {}, test.aResolver({ resolvConf: domains })))).toBe('ok 198.51.100.7');
    expect(test.askedNames().slice(3)).toEqual(['db.x.y', 'db.x.y.a.test', 'db.x.y.b.test']);
  });

  it('do not count for a name that ends in a dot', async () => {
    test.script = only('db.a.test');
    expect(codeOf(await test.resolve('db.', {}, test.aResolver({ resolvConf: domains })))).toBe('ENOTFOUND');
    expect(test.askedNames()).toEqual(['db']);
  });

  it('go on past a broken domain, whose SERVFAIL is remembered if none has the name', async () => {
    const broken = (then: DnsScript): DnsScript => (question) => (question.name === 'db.a.test' ? { kind: 'answer', rcode: 'SERVFAIL' } : then(question));
    test.script = broken(only('db.b.test'));
    expect(codeOf(await test.resolve('db', {}, test.aResolver({ resolvConf: domains })))).toBe('ok 198.51.100.7');
    test.script = broken(only());
    expect(codeOf(await test.resolve('db', {}, test.aResolver({ resolvConf: domains })))).toBe('ESERVFAIL');
  });
});
