import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startScriptedServer } from '#shared/testing/scripted-server.ts';
import type { Resolution } from '../probe/resolve/resolver.ts';
import { aDoor, aServer, failureOf } from './testing/probe-of-script.ts';

describe('/probe', () => {
  it.each([
    [{}, 400, 'Unknown module "http_2xx"\n'],
    [{ module: 'nope', target: '127.0.0.1:1' }, 400, 'Unknown module "nope"\n'],
    [{ module: 'm' }, 400, 'Target parameter is missing\n'],
    [{ module: 'web', target: '127.0.0.1:1' }, 400, 'Unknown prober "http": module "web" needs it, and this agent probes tcp only\n'],
  ])('answers %j with %d', async (query, status, body) => {
    let unknown = 0;
    const door = await aDoor('modules: {m: {prober: tcp}, web: {prober: http}}', { onUnknownModule: () => { unknown += 1; } });
    expect(await door.ask(query)).toMatchObject({ status, body, type: 'text/plain; charset=utf-8' });
    expect(unknown).toBe(body.startsWith('Unknown module') ? 1 : 0);
  });

  it('does not guess what a timeout of no number means', async () => {
    const door = await aDoor('modules: {m: {prober: tcp}}');
    const answer = await door.ask({ module: 'm', target: '127.0.0.1:1' }, { 'x-prometheus-scrape-timeout-seconds': 'soon' });
    expect(answer).toMatchObject({ status: 500, body: expect.stringContaining('Failed to parse timeout from Prometheus header') });
  });

  it('gives every metric of a connection, in order, each with help and type', async () => {
    const server = await aServer([{ do: 'silence' }]);
    const door = await aDoor('modules: {m: {prober: tcp}}');
    const answer = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}` });
    expect(answer).toMatchObject({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    expect(answer.body.replaceAll(/(_seconds\S*) \d\S*/g, '$1 N')).toMatchInlineSnapshot(`
      "# HELP probe_dns_lookup_time_seconds Returns the time taken for probe dns lookup in seconds
      # TYPE probe_dns_lookup_time_seconds gauge
      probe_dns_lookup_time_seconds N
      # HELP probe_duration_seconds Returns how long the probe took to complete in seconds
      # TYPE probe_duration_seconds gauge
      probe_duration_seconds N
      # HELP probe_failed_due_to_bytes Indicates if probe failed due to bytes
      # TYPE probe_failed_due_to_bytes gauge
      probe_failed_due_to_bytes 0
      # HELP probe_failed_due_to_regex Indicates if probe failed due to regex
      # TYPE probe_failed_due_to_regex gauge
      probe_failed_due_to_regex 0
      # HELP probe_ip_addr_hash Specifies the hash of IP address. It's useful to detect if the IP address changes.
      # TYPE probe_ip_addr_hash gauge
      probe_ip_addr_hash 3668918509
      # HELP probe_ip_protocol Specifies whether probe ip protocol is IP4 or IP6
      # TYPE probe_ip_protocol gauge
      probe_ip_protocol 4
      # HELP probe_success Displays whether or not the probe was a success
      # TYPE probe_success gauge
      probe_success 1
      # HELP probe_tcp_duration_seconds Duration of the TCP probe by phase
      # TYPE probe_tcp_duration_seconds gauge
      probe_tcp_duration_seconds{phase="resolve"} N
      probe_tcp_duration_seconds{phase="connect"} N
      probe_tcp_duration_seconds{phase="tls"} N
      probe_tcp_duration_seconds{phase="send"} N
      probe_tcp_duration_seconds{phase="first_byte"} N
      probe_tcp_duration_seconds{phase="data"} N
      "
    `);
  });

  it('calls a refused connection, a name without a port and a bad port failures, not errors', async () => {
    const door = await aDoor('modules: {m: {prober: tcp}}');
    const closed = await startScriptedServer([]);
    await closed.close();
    const answers = await Promise.all([`127.0.0.1:${closed.port}`, '127.0.0.1', '127.0.0.1:70000'].map((target) => door.ask({ module: 'm', target })));
    expect(answers.map((answer) => [answer.status, answer.metrics.get('probe_success'), failureOf(answer)])).toEqual([
      [200, 0, 'connect ECONNREFUSED'], [200, 0, 'resolve ENOTFOUND'], [200, 0, 'resolve ENOTFOUND'],
    ]);
  });

  it("ends within the scrape's timeout, less half a second", async () => {
    const server = await aServer([{ do: 'silence' }]);
    const door = await aDoor('modules: {m: {prober: tcp, timeout: 30s, tcp: {query_response: [{expect: hello}]}}}');
    const answer = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}` }, { 'x-prometheus-scrape-timeout-seconds': '0.7' });
    expect([answer.metrics.get('probe_success'), failureOf(answer)]).toEqual([0, 'read SOCKET_TIMEOUT']);
    expect(answer.metrics.get('probe_duration_seconds')).toBeGreaterThanOrEqual(0.2);
    expect(answer.metrics.get('probe_duration_seconds')).toBeLessThan(0.7);
  });

  it('sends nothing to an address that the policy denies', async () => {
    const server = await aServer([{ do: 'silence' }]);
    const door = await aDoor('modules: {m: {prober: tcp}}', { egress: (address) => ({ allowed: false, rule: 'loopback', reason: `${address} is loopback` }) });
    const answer = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}` });
    expect([answer.metrics.get('probe_success'), failureOf(answer)]).toEqual([0, 'connect ERR_EGRESS_DENIED']);
    expect(server.connections).toHaveLength(0);
  });

  it('hangs up when the scraper does', async () => {
    const server = await aServer([{ do: 'silence' }]);
    const door = await aDoor('modules: {m: {prober: tcp, timeout: 60s, tcp: {query_response: [{expect: hello}]}}}');
    const { hostname, port } = new URL(door.url);
    const scraper = connect(Number(port), hostname, () => scraper.write(`GET /probe?module=m&target=127.0.0.1:${server.port} HTTP/1.1\r\nHost: a\r\n\r\n`));
    onTestFinished(() => void scraper.destroy());
    await expect.poll(() => server.connections.length).toBe(1);
    scraper.destroy();
    await server.connections[0]?.closed;
  });

  it('shows with debug what happened, and neither what was sent nor keys', async () => {
    const server = await aServer([{ do: 'send', bytes: '220 a\x1b[31m\r\n' }, { do: 'expect', text: 'hunter2\n' }, { do: 'silence' }]);
    const door = await aDoor('modules: {m: {prober: tcp, tcp: {query_response: [{expect: "^220"}, {send: "AUTH hunter2"}], tls_config: {cert: C, key: hunter3}}}}');
    const { body, type } = await door.ask({ module: 'm', target: `127.0.0.1:${server.port}`, debug: 'true' });
    expect(type).toBe('text/plain; charset=utf-8');
    expect(body).toMatch(/^Logs for the probe:\nts=\S+Z module=m target=127\.0\.0\.1:\d+ level=info msg="Beginning probe" probe=tcp timeout_seconds=119\.5\n/);
    expect(body).toContain('msg="Probe succeeded"');
    expect(body).toContain('\n\nMetrics that would have been returned:\n# HELP probe_dns_lookup_time_seconds');
    expect(body).toContain('\n\nModule configuration:\nprober: tcp\n');
    expect(body).not.toMatch(/hunter|\x1b/);
  });
});

describe('the addresses of a probe', () => {
  const both = { IPv4: ['127.0.0.1'], IPv6: ['::1'] };
  const v4Only = { IPv4: ['127.0.0.1'], IPv6: [] };
  it.each([
    ['ip6', true, v4Only, 4, null],
    ['ip4', true, v4Only, 4, null],
    ['ip4', false, both, 4, null],
    ['ip6', false, v4Only, 0, 'resolve ENODATA'],
    ['ip4', true, { IPv4: [], IPv6: [] }, 0, 'resolve ENODATA'],
  ] as const)('by %s and fallback %s of %j are of IPv%d', async (protocol, fallback, addresses, family, failure) => {
    const server = await aServer([{ do: 'silence' }]);
    const resolve = async ({ family: wanted }: { family: 'IPv4' | 'IPv6' }): Promise<Resolution> => {
      const found = addresses[wanted];
      return found.length > 0 ? { ok: true, addresses: found, us: 1500 } : { ok: false, code: 'ENODATA', message: 'none', us: 700 };
    };
    const door = await aDoor(`modules: {m: {prober: tcp, tcp: {preferred_ip_protocol: ${protocol}, ip_protocol_fallback: ${fallback}}}}`, { resolver: { resolve } });
    const answer = await door.ask({ module: 'm', target: `a.example:${server.port}` });
    expect([answer.metrics.get('probe_ip_protocol'), failureOf(answer)]).toEqual([family, failure]);
    expect(answer.metrics.get('probe_dns_lookup_time_seconds')).toBe(failure === null ? 0.0015 : 0.0007);
  });

  it('takes a literal of the other family only with fallback', async () => {
    const door = await aDoor('modules: {m: {prober: tcp, tcp: {ip_protocol_fallback: false}}}');
    expect(failureOf(await door.ask({ module: 'm', target: '127.0.0.1:1' }))).toBe('resolve ERR_INVALID_IP_ADDRESS');
  });
});
