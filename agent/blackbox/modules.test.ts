import { describe, expect, it } from 'vitest';
import { parseModules } from './modules.ts';

function tcpModuleOf(section: string) {
  const parsed = parseModules(`modules:\n  m:\n    prober: tcp\n    tcp: ${section}\n`);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
  const module = parsed.modules.get('m');
  if (module?.kind !== 'tcp') throw new Error('no tcp module');
  return module.tcp;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseModules(text);
  return parsed.ok ? [] : parsed.problems.map(({ message }) => message);
}

describe('a module file', () => {
  it("has blackbox_exporter's defaults", () => {
    const parsed = parseModules('modules:\n  tcp_connect:\n    prober: tcp\n');
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.modules.get('tcp_connect')).toEqual({
      kind: 'tcp', name: 'tcp_connect', timeoutMs: null,
      tcp: {
        preferredIpProtocol: 'ip6', ipProtocolFallback: true, sourceIpAddress: null, queryResponse: [], tls: false,
        tlsConfig: { ca: null, clientCertificate: null, serverName: null, insecureSkipVerify: false, minVersion: null, maxVersion: null },
      },
    });
  });

  it('loads with every key there is', () => {
    const tcp = tcpModuleOf(`{preferred_ip_protocol: ip4, ip_protocol_fallback: no, source_ip_address: 192.0.2.1, tls: true,
      tls_config: {ca_file: a, cert: b, key_file: c, server_name: d, insecure_skip_verify: on, min_version: TLS10, max_version: TLS13},
      query_response: [{expect: "^(\\\\d+)", labels: [{name: code, value: "\${1}"}]}, {expect_bytes: !!binary /w==, send: 12, starttls: true}]}`);
    expect(tcp).toMatchObject({
      preferredIpProtocol: 'ip4', ipProtocolFallback: false, sourceIpAddress: '192.0.2.1', tls: true,
      tlsConfig: {
        ca: { kind: 'file', path: 'a' }, clientCertificate: { cert: { kind: 'inline', pem: 'b' }, key: { kind: 'file', path: 'c' } },
        serverName: 'd', insecureSkipVerify: true, minVersion: 'TLSv1', maxVersion: 'TLSv1.3',
      },
    });
    const [first, second] = tcp.queryResponse;
    expect(first?.expect?.source).toBe('^(\\d+)');
    expect(first?.labels).toEqual([{ name: 'code', value: [{ kind: 'group', name: '1', number: 1 }] }]);
    expect([...second!.expectBytes]).toEqual([0xff]);
    expect(Buffer.from(second!.send).toString()).toBe('12');
    expect(second?.startTls).toBe(true);
  });

  it('merges and repeats what it names', () => {
    const parsed = parseModules(`modules:
  a: &a {prober: tcp, timeout: 2s, tcp: &t {tls: true}}
  b: {<<: *a, timeout: 3s}
  c: {prober: tcp, tcp: {<<: [*t, {ip_protocol_fallback: false}]}}
`);
    expect(parsed.ok && [parsed.modules.get('b'), parsed.modules.get('c')]).toMatchObject([
      { timeoutMs: 3000, tcp: { tls: true } }, { tcp: { tls: true, ipProtocolFallback: false } },
    ]);
  });

  it('loads with modules of other probers, whatever they hold', () => {
    const parsed = parseModules('modules:\n  web: {prober: http, http: {no_such_key: 1}}\n  ok: {prober: tcp, http: {}}\n');
    expect(parsed.ok && parsed.modules.get('web')).toEqual({ kind: 'other', name: 'web', prober: 'http' });
    expect(parsed.ok && parsed.modules.get('ok')?.kind).toBe('tcp');
  });

  it.each([
    ['modulez: {}\n', ["1:1: modulez: the key 'modulez' is not supported here; did you mean modules?"]],
    ['', ['1:1: modules: is missing: the file is empty']],
    ['- a\n', ['1:1: must be a mapping (key: value)']],
    ['modules: [a]\n', ['1:10: modules: must be a mapping (key: value)']],
    ['modules:\n  m: {probr: tcp}\n', ['2:6: modules.m.prober: is missing; write prober: tcp']],
    ['modules:\n  m: {prober: tcp, timout: 5s}\n', ["2:20: modules.m.timout: the key 'timout' is not supported here; did you mean timeout?"]],
    ['modules:\n  m: {prober: tcp}\n  m: {prober: tcp}\n', ['3:3: not valid YAML: Map keys must be unique']],
    ['modules: {a: *nobody}\n', ['1:14: not valid YAML: nothing before is named &nobody']],
  ])('with %j is refused', (text, problems) => {
    expect(problemsOf(text)).toEqual(problems);
  });

  it.each([
    ['timeout: 5', "3:14: modules.m.timeout: '5' is no duration; write for example 5s, 500ms or 1m30s"],
    ['timeout: -5s', "3:14: modules.m.timeout: '-5s' is no duration; write for example 5s, 500ms or 1m30s"],
    ['timeout: {a: 1}', '3:14: modules.m.timeout: must be a string, not a mapping'],
    ['tcp: 5', '3:10: modules.m.tcp: must be a mapping (key: value)'],
    ['tcp: {tls: 5}', '3:16: modules.m.tcp.tls: must be true or false, not "5"'],
    ['tcp: {tls: [true]}', '3:16: modules.m.tcp.tls: must be true or false, not a list'],
    ['tcp: {ip_protocol: ip4}', "3:11: modules.m.tcp.ip_protocol: the key 'ip_protocol' is not supported here; supported are preferred_ip_protocol, ip_protocol_fallback, source_ip_address, query_response, tls, tls_config"],
    ['tcp: {preferred_ip_protocol: ipv4}', "3:34: modules.m.tcp.preferred_ip_protocol: must be ip4 or ip6, not 'ipv4'"],
    ['tcp: {source_ip_address: eth0}', "3:30: modules.m.tcp.source_ip_address: 'eth0' is no IP address"],
    ['tcp: {query_response: {expect: a}}', '3:27: modules.m.tcp.query_response: must be a list'],
    ['tcp: {query_response: [a]}', '3:28: modules.m.tcp.query_response[0]: must be a mapping (key: value)'],
    ['tcp: {query_response: [{expct: a}]}', "3:29: modules.m.tcp.query_response[0].expct: the key 'expct' is not supported here; did you mean expect?"],
    ['tcp: {query_response: [{expect: "("}]}', '3:37: modules.m.tcp.query_response[0].expect: not a valid regular expression: missing closing ) at ('],
    ['tcp: {query_response: [{send: [a]}]}', '3:35: modules.m.tcp.query_response[0].send: must be a string, not a list'],
    ['tcp: {query_response: [{expect: a, labels: [{name: 1a, value: b}]}]}', "3:56: modules.m.tcp.query_response[0].labels[0].name: '1a' is no label name; use letters, digits and underscores"],
    ['tcp: {query_response: [{expect: a, labels: [{name: a}, {name: a}]}]}', "3:67: modules.m.tcp.query_response[0].labels[1].name: the label 'a' is there twice"],
    ['tcp: {query_response: [{expect: a, labels: [{nam: a}]}]}', "3:50: modules.m.tcp.query_response[0].labels[0].nam: the key 'nam' is not supported here; did you mean name?"],
    ['tcp: {tls_config: {ca_ref: a}}', "3:24: modules.m.tcp.tls_config.ca_ref: the key 'ca_ref' is not supported here; supported are ca_file, ca, cert_file, cert, key_file, key, server_name, insecure_skip_verify, min_version, max_version"],
    ['tcp: {tls_config: {min_version: "1.2"}}', "3:37: modules.m.tcp.tls_config.min_version: '1.2' is no TLS version; write TLS10, TLS11, TLS12, TLS13"],
    ['tcp: {tls_config: {min_version: TLS13, max_version: TLS12}}', '3:37: modules.m.tcp.tls_config.min_version: is above max_version'],
    ['tcp: {tls_config: {ca: a, ca_file: b}}', '3:28: modules.m.tcp.tls_config.ca: at most one of ca and ca_file may be given'],
    ['tcp: {tls_config: {cert_file: a}}', '3:23: modules.m.tcp.tls_config: a client certificate needs its key: key or key_file'],
    ['tcp: {tls_config: {key: a}}', '3:23: modules.m.tcp.tls_config: a key needs a certificate: cert or cert_file'],
  ])('with %j in a module is refused by key, line and column', (line, problem) => {
    expect(problemsOf(`modules:\n  m:\n    ${line}\n    prober: tcp\n`)).toContain(problem);
  });

  it('tells all that is wrong at once', () => {
    expect(problemsOf(`modules:
  a: {prober: tcp, timeout: soon, tcp: {tls: maybe, foo: 1}}
  b: {prober: tcp, tcp: {query_response: [{expect: "a**"}, {bar: 1}]}}
`)).toHaveLength(5);
  });
});
