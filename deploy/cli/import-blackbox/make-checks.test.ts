import { describe, expect, it, onTestFinished } from 'vitest';
import { parseModules } from '#agent/blackbox/modules.ts';
import { openProbe } from '#agent/probe/open-probe.ts';
import { parseCheck } from '#shared/check/parse-check.ts';
import { toProbeSpec } from '#shared/check/to-probe-spec.ts';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { systemClock } from '#shared/time/clock.ts';
import { makeChecks, type MadeChecks, type Pairing } from './make-checks.ts';
import { prometheusTargets } from './prometheus-targets.ts';

const CA = 'no certificate at all';

function imported(tcp: string, changes: Partial<Pairing> = {}): MadeChecks {
  const parsed = parseModules(`modules: {m: {prober: tcp, timeout: 4s, tcp: {preferred_ip_protocol: ip4, ip_protocol_fallback: false, ${tcp}}}, web: {prober: http}}`);
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'));
  const pairing = { module: 'm', target: 'mail.example:25', tags: [], everyMs: null, scrapeTimeoutMs: null, ...changes };
  return makeChecks(parsed.modules, [pairing], { everyMs: null, locations: ['eu-1'], privateLocations: [], readPem: () => CA });
}

describe('a check made of a module and a target', () => {
  it('says the dialogue of an SMTP module in steps', () => {
    const { checks, notes } = imported(`tls_config: {server_name: mx.example, insecure_skip_verify: true, min_version: TLS12},
      query_response: [{expect: "^220 ([^ ]+) ESMTP (.+)$", send: "EHLO \${1} \${9}$$\\t{{x}}"}, {expect: "^250-STARTTLS"}, {send: STARTTLS}, {expect: "^220", starttls: true}, {send: QUIT}]`);
    expect(notes).toEqual([]);
    expect(checks).toEqual([{
      name: 'mail.example:25 (m)', tags: ['module:m'],
      request: {
        hostname: 'mail.example', port: 25, ipFamily: 'IPv4',
        steps: [
          { expect: '(?m:^)220 (?P<step1_1>[^ \\r\\n]+) ESMTP ([^\\r\\n]+)(?:\\r?(?m:$))[^\\n]*\\n' },
          { send: 'EHLO ${step1_1} $\\t\\x7b{x}}\\n', dataFormat: 'escaped' },
          { expect: '(?m:^)250-STARTTLS[^\\n]*\\n' }, { send: 'STARTTLS\\n', dataFormat: 'escaped' },
          { expect: '(?m:^)220[^\\n]*\\n' }, { startTls: true }, { send: 'QUIT\\n', dataFormat: 'escaped' },
        ],
        tls: { mode: 'none', serverName: 'mx.example', verify: false, minVersion: 'TLSv1.2' },
      },
      degradedResponseTime: 4000, maxResponseTime: 4000, frequency: 1, locations: ['eu-1'],
    }]);
    expect(parseCheck(checks[0])).toMatchObject({ ok: true });
  });

  it('anchors counted bytes where the dialogue is', () => {
    const { checks } = imported('query_response: [{expect_bytes: !!binary SQD/Cg==, send: "PING\\r"}]');
    expect(checks[0]).toMatchObject({ request: { steps: [{ expect: '\\AI\\x00\\xff\\x0a' }, { send: 'PING\\r\\n', dataFormat: 'escaped' }] } });
  });

  it('runs as often as Prometheus scraped, and waits no longer', () => {
    const { checks } = imported('tls: true', { everyMs: 15_000, scrapeTimeoutMs: 3_000, tags: ['job:mail'], target: '[2001:db8::1]:465' });
    expect(checks[0]).toMatchObject({
      frequency: 0, frequencyOffset: 15, maxResponseTime: 2500, degradedResponseTime: 2500, tags: ['module:m', 'job:mail'],
      request: { hostname: '2001:db8::1', ipFamily: 'IPv6', tls: { mode: 'implicit' } },
    });
  });

  it.each([
    ['ip_protocol_fallback: true', 'differs', 'ip_protocol_fallback'],
    ['tls: true, tls_config: {max_version: TLS12}', 'differs', 'tls_config.max_version'],
    ['query_response: [{expect: a, labels: [{name: a, value: b}]}]', 'differs', 'query_response[0].labels'],
    ['tls: true, tls_config: {cert_file: a, key_file: b}', 'lost', 'tls_config.cert_file'],
    ['tls: true, tls_config: {ca_file: a}', 'lost', 'request.tls.ca'],
    ['query_response: [{expect: "[\\\\W]"}]', 'lost', 'query_response[0].expect'],
    ['query_response: [{expect: "a", send: "${0}"}]', 'lost', 'query_response[0].send'],
    ['query_response: [{expect: "(?P<a>b)", send: "${1}${a}"}]', 'lost', 'query_response[0].expect'],
    ['tls: true, query_response: [{starttls: true}]', 'lost', 'request.steps.0'],
  ])('of %j names what a check says otherwise, or not at all', (tcp, kind, key) => {
    const { checks, notes } = imported(tcp.startsWith('ip_') ? `query_response: []` : tcp);
    const found = tcp.startsWith('ip_') ? withFallback().notes : notes;
    expect(found).toEqual([expect.objectContaining({ kind, key, module: 'm' })]);
    expect(checks).toHaveLength(kind === 'lost' ? 0 : 1);
  });

  it.each([
    [{ module: 'web' }, 'prober'], [{ module: 'nope' }, 'modules'], [{ target: 'mail.example' }, 'target'], [{ target: 'a_-.example:1' }, 'request.hostname'],
  ])('is not made of %j', (changes, key) => {
    expect(imported('tls: true', changes)).toEqual({ checks: [], notes: [expect.objectContaining({ kind: 'lost', key })] });
  });
});

function withFallback(): MadeChecks {
  const parsed = parseModules('modules: {m: {prober: tcp}}');
  if (!parsed.ok) throw new Error('no modules');
  return makeChecks(parsed.modules, [{ module: 'm', target: 'a.example:1', tags: [], everyMs: null, scrapeTimeoutMs: null }], { everyMs: null, locations: [], privateLocations: [], readPem: () => CA });
}

describe('an imported check', () => {
  it('comes to the same end as its module, against a real server', async () => {
    const certificate = await (await aTestAuthority()).issue();
    const server = await startScriptedServer([
      { do: 'segments', parts: ['220-wait\r\n22', '0 mx ESMTP\r\n'], gapMs: 1 }, { do: 'expect', text: 'EHLO mx\n' },
      { do: 'send', bytes: '250-mx\r\n250 STARTTLS\r\n' }, { do: 'expect', text: 'STARTTLS\n' }, { do: 'send', bytes: '220 go\r\n' },
      { do: 'startTls', options: certificate }, { do: 'expect', text: 'QUIT\n' }, { do: 'send', bytes: 'OK' }, { do: 'silence' },
    ]);
    onTestFinished(() => server.close());
    const { checks: [body] } = imported(`tls_config: {insecure_skip_verify: true}, query_response: [{expect: "^220 (\\\\S+) ESMTP$", send: "EHLO \${1}"},
      {expect: "^250 STARTTLS", send: STARTTLS}, {expect: "^220", starttls: true}, {send: QUIT}, {expect_bytes: OK}]`, { target: `127.0.0.1:${server.port}` });
    const parsed = parseCheck(body);
    if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('; '));
    const { probe, close } = openProbe({ resolver: 'dns', egress: () => ({ allowed: true }), clock: systemClock });
    onTestFinished(close);
    const report = await probe(toProbeSpec(parsed.check), new AbortController().signal);
    expect([report.failure, report.steps.map(({ ok }) => ok)]).toEqual([null, Array(8).fill(true)]);
    expect(server.connections[0]?.received()).toBe('EHLO mx\nSTARTTLS\nQUIT\n');
  });
});

describe("the targets of Prometheus' jobs", () => {
  it('are those of jobs that scrape /probe, with their labels, interval and timeout', () => {
    expect(prometheusTargets(`
global: {scrape_interval: 30s}
scrape_configs:
  - job_name: node
    static_configs: [{targets: [a:9100]}]
  - job_name: mail
    metrics_path: /probe
    params: {module: [smtp]}
    scrape_timeout: 5s
    static_configs:
      - {targets: ['mx:25', 'mx2:25'], labels: {team: post, __meta: x}}
      - {targets: ['im:993'], labels: {__param_module: imap}}
    file_sd_configs: [{files: [a.yml]}]
`)).toEqual({
      problems: [],
      notes: [{ job: 'mail', key: 'file_sd_configs', message: expect.stringContaining('--targets') }],
      targets: [
        { target: 'mx:25', module: 'smtp', job: 'mail', labels: { team: 'post' }, everyMs: 30_000, scrapeTimeoutMs: 5000 },
        { target: 'mx2:25', module: 'smtp', job: 'mail', labels: { team: 'post' }, everyMs: 30_000, scrapeTimeoutMs: 5000 },
        { target: 'im:993', module: 'imap', job: 'mail', labels: {}, everyMs: 30_000, scrapeTimeoutMs: 5000 },
      ],
    });
  });

  it('are not guessed from a file that cannot be read', () => {
    expect(prometheusTargets('scrape_configs: [{metrics_path: /probe, scrape_interval: soon}]').problems).toMatchObject([{ line: 1, column: 58 }]);
  });
});
