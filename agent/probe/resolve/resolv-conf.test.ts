import { describe, expect, it } from 'vitest';
import { parseResolvConf } from './resolv-conf.ts';

describe('resolv.conf', () => {
  it('gives name servers, search domains and ndots', () => {
    const text = '# comment\n; another\nnameserver 10.0.0.1\nnameserver\t2001:db8::53\nnameserver nonsense\nsearch a.test. B.test\noptions timeout:1 ndots:5 rotate\n';
    expect(parseResolvConf(text, 'host')).toEqual({ nameservers: ['10.0.0.1', '2001:db8::53'], search: ['a.test', 'b.test'], ndots: 5 });
  });

  it('falls back to the name server on this machine and the host name\'s domain', () => {
    expect(parseResolvConf('', 'host.corp.test')).toEqual({ nameservers: ['127.0.0.1'], search: ['corp.test'], ndots: 1 });
    expect(parseResolvConf('', 'host').search).toEqual([]);
  });

  it('takes the last of search and domain, three name servers, and at most 15 dots', () => {
    const text = 'domain a.test\nsearch b.test c.test\ndomain d.test ignored\noptions ndots:99\n' + [1, 2, 3, 4].map((at) => `nameserver 10.0.0.${at}\n`).join('');
    expect(parseResolvConf(text, 'host')).toEqual({ nameservers: ['10.0.0.1', '10.0.0.2', '10.0.0.3'], search: ['d.test'], ndots: 15 });
  });

  it('lets an empty search list stand, so that no domain is searched', () => {
    expect(parseResolvConf('search .', 'host.corp.test').search).toEqual(['']);
    expect(parseResolvConf('search', 'host.corp.test').search).toEqual([]);
  });
});
