import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProbeSpec } from '#shared/run/probe-spec.ts';
import { AGENT_FAULT_CODES } from '#shared/run/failure.ts';
import { type ScriptedServer, type ServerAction, startScriptedServer } from '#shared/testing/scripted-server.ts';
import { aProbeSpec } from '#shared/testing/builders.ts';
import { createProbe } from './probe.ts';
import { CLOCK, probe, probeDeps } from './testing/probe-under-test.ts';

// Processes of their own are started here, each of which loads a probe.
vi.setConfig({ testTimeout: 25_000 });

const NOT_EMPTY = [{ source: 'RESPONSE_DATA', property: '', comparison: 'NOT_EMPTY', target: '' }] as const;
const servers: ScriptedServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: readonly ServerAction[], options?: { host: string }): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  servers.push(server);
  return server;
}

describe('names and literals', () => {
  const answering = (...addresses: string[]) => ({ resolver: { resolve: async () => ({ ok: true, addresses, us: 1_234 }) as const } });

  it('dials the first address of the answer, and times the query by itself', async () => {
    const server = await serve([{ do: 'silence' }]);
    const report = await probe(server.port, { hostname: 'db.example' }, answering('127.0.0.1', '192.0.2.9'));
    expect(report).toMatchObject({ failure: null, remoteAddress: '127.0.0.1', resolvedAddresses: ['127.0.0.1', '192.0.2.9'] });
    expect(report.timings.dnsUs).toBe(1_234);
    expect(report.timings.totalUs).toBe(1_234 + report.timings.connectUs);
  });

  it('passes on what the resolver says is wrong', async () => {
    const report = await probe(1, { hostname: 'nowhere.example' });
    expect(report).toMatchObject({ established: false, remoteAddress: null, failure: { phase: 'resolve', code: 'ENOTFOUND' }, timings: { dnsUs: 7, totalUs: 7 } });
  });

  it('never asks the resolver about a literal, and refuses one of the other family', async () => {
    const resolver = { resolve: () => { throw new Error('asked'); } };
    for (const [hostname, ipFamily] of [['127.0.0.1', 'IPv6'], ['::1', 'IPv4']] as const) {
      const report = await probe(1, { hostname, ipFamily }, { resolver });
      expect(report).toMatchObject({ established: false, failure: { phase: 'resolve', code: 'ERR_INVALID_IP_ADDRESS' } });
    }
  });

  it('speaks IPv6, and only to IPv6', async () => {
    const server = await serve([{ do: 'silence' }], { host: '::1' });
    expect(await probe(server.port, { hostname: '::1', ipFamily: 'IPv6' })).toMatchObject({ failure: null, remoteAddress: '::1', localAddress: '::1' });
    expect(await probe(server.port, {})).toMatchObject({ failure: { code: 'ECONNREFUSED' } });
  });

  it('ends a resolver that does not come back', async () => {
    const report = await probe(1, { hostname: 'slow.example', maxResponseTimeMs: 500 }, { resolver: { resolve: () => new Promise(() => {}) } });
    expect(report).toMatchObject({ stopReason: 'deadline', failure: { phase: 'resolve', code: 'ETIMEOUT' } });
  });

  it('turns a bug of its parts into a fault of the agent', async () => {
    const report = await probe(1, { hostname: 'x.example' }, { resolver: { resolve: () => { throw new Error('broken'); } } });
    expect(report).toMatchObject({ stopReason: 'failed', failure: { phase: 'resolve', code: 'ERR_AGENT_INTERNAL' } });
  });
});

describe('egress', () => {
  it('sends nothing to a denied address, whether it is a literal or what a name became', async () => {
    const server = await serve([{ do: 'silence' }]);
    const asked: string[] = [];
    const deny = {
      egress: (address: string) => { asked.push(address); return { allowed: false, reason: 'it is the loopback', rule: 'loopback' } as const; },
      resolver: { resolve: async () => ({ ok: true, addresses: ['127.0.0.1'], us: 1 }) as const },
    };
    for (const hostname of ['127.0.0.1', 'rebinding.example']) {
      const report = await probe(server.port, { hostname }, deny);
      expect(report).toMatchObject({ established: false, remoteAddress: null, resolvedAddresses: ['127.0.0.1'], failure: { code: 'ERR_EGRESS_DENIED' } });
    }
    expect(asked).toEqual(['127.0.0.1', '127.0.0.1']);
    expect(server.connections.length).toBe(0);
  });

  it('holds for the name server of a check, too', async () => {
    const resolver = { resolve: () => { throw new Error('asked'); } };
    const egress = (address: string) => (address === '2001:db8::53' ? { allowed: false, reason: 'no', rule: 'test' } as const : { allowed: true } as const);
    for (const dnsServer of ['2001:db8::53', '[2001:db8::53]:5353']) {
      expect((await probe(1, { hostname: 'x.example', dnsServer }, { resolver, egress })).failure?.code).toBe('ERR_EGRESS_DENIED');
    }
  });

  it('compares what was reached with what was dialled', async () => {
    const server = await serve([{ do: 'silence' }]);
    const report = await probe(server.port, { hostname: '0.0.0.0' });
    expect(report).toMatchObject({ remoteAddress: '127.0.0.1', failure: { phase: 'connect', code: 'ERR_ADDRESS_MISMATCH' } });
  });
});

describe('the source address', () => {
  it('is the one that was asked for', async () => {
    const server = await serve([{ do: 'silence' }]);
    expect(await probe(server.port, { sourceAddress: '127.0.0.7' })).toMatchObject({ failure: null, localAddress: '127.0.0.7' });
    await expect.poll(() => server.connections[0]?.remoteAddress).toBe('127.0.0.7');
  });

  it.each(['192.0.2.77', '::1'])('%s that the agent does not have in this family is its own fault', async (sourceAddress) => {
    const server = await serve([{ do: 'silence' }]);
    expect(await probe(server.port, { sourceAddress })).toMatchObject({ established: false, failure: { phase: 'connect', code: 'EADDRNOTAVAIL' } });
  });
});

describe('an attempt', () => {
  it('ends at once when it is cancelled, without a verdict', async () => {
    const server = await serve([{ do: 'silence' }]);
    const cancelling = new AbortController();
    const running = createProbe(probeDeps()).probe(aProbeSpec({ port: server.port, assertions: NOT_EMPTY }), { signal: cancelling.signal });
    setTimeout(() => cancelling.abort(), 30);
    const report = await running;
    expect(report).toMatchObject({ established: true, stopReason: 'failed', failure: { phase: 'read', code: 'ERR_AGENT_INTERNAL' } });
    const before = await createProbe(probeDeps()).probe(aProbeSpec({ port: server.port }), { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ established: false, failure: { code: 'ERR_AGENT_INTERNAL' } });
    await server.connections[0]?.closed;
    expect(server.connections.length).toBe(1);
  });

  it('in which the agent did not run is no verdict', async () => {
    const server = await serve([{ do: 'silence' }]);
    const running = probe(server.port, { assertions: NOT_EMPTY, maxResponseTimeMs: 400 });
    setTimeout(() => { for (const until = performance.now() + 350; performance.now() < until;); }, 20);
    const report = await running;
    expect(report.failure?.code).toBe('ERR_SUSPENDED');
    expect(report.loopDelayUs).toBeGreaterThan(200_000);
    // A clock of user space is as wrong as the loop was late; the kernel's does not mind.
    if (CLOCK === 'user') expect(report.uncertaintyUs).toBe(report.loopDelayUs);
    else expect(report.uncertaintyUs).toBeLessThan(report.loopDelayUs);
  });

  it('that was answered while the agent did not run is not called a timeout', async () => {
    const server = await serve([{ do: 'pause', ms: 30 }, { do: 'send', bytes: 'ok' }, { do: 'silence' }]);
    // The server lives in this process, too: the answer is already in the kernel when the loop is blocked past the deadline.
    const running = probe(server.port, { assertions: NOT_EMPTY, maxResponseTimeMs: 100 });
    setTimeout(() => setImmediate(() => { for (const until = performance.now() + 120; performance.now() < until;); }), 29);
    const report = await running;
    expect(report.failure?.code === 'SOCKET_TIMEOUT').toBe(false);
  });
});

const run = promisify(execFile);
const CHILD = fileURLToPath(new URL('./testing/probe-child.ts', import.meta.url));
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

type Seen = { readonly phase: string | null; readonly code: string | null; readonly established: boolean; readonly synRetransmits?: number };

async function inShell(setup: string, spec: Partial<ProbeSpec>, count = 1, wrapper: readonly string[] = []): Promise<readonly Seen[]> {
  const child = `${setup} exec ${quoted(process.execPath)} ${quoted(CHILD)} ${quoted(JSON.stringify({ spec, count }))}`;
  const [file = 'sh', ...args] = [...wrapper, 'sh', '-c', child];
  // Without a loopback the kernel-timed engine cannot check itself, and the plain one serves.
  const env = { ...process.env, ...(CLOCK === 'kernel' ? { SONDE_TEST_ENGINE: 'auto' } : {}) };
  const { stdout } = await run(file, args, { timeout: 20_000, env });
  return JSON.parse(stdout) as readonly Seen[];
}

describe('what the agent itself lacks', () => {
  it.skipIf(process.platform === 'win32')('descriptors: EMFILE, and the others are served', async () => {
    const server = await serve([{ do: 'silence' }]);
    const seen = await inShell('ulimit -n 60;', { port: server.port, payload: Buffer.from('x'), maxResponseTimeMs: 700 }, 80);
    const [faults, served] = [seen.filter((each) => each.code === 'EMFILE'), seen.filter((each) => each.code === null)];
    expect(faults.length).toBeGreaterThan(10);
    expect(served.length).toBeGreaterThan(10);
    expect(faults.length + served.length).toBe(80);
    expect(faults.every((each) => !each.established && each.phase === 'connect')).toBe(true);
  });

  const canUnshare = process.platform === 'linux' && spawnSync('unshare', ['-n', 'sh', '-c', 'ip link set lo up']).status === 0;
  const apart = ['unshare', '-n'];

  it.skipIf(!canUnshare).each([
    ['no IPv6 at all', '', { hostname: '2001:db8::1', ipFamily: 'IPv6' }, 'ERR_NO_ROUTE'],
    ['IPv6 switched off', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;', { hostname: '2001:db8::1', ipFamily: 'IPv6' }, 'ERR_NO_ROUTE'],
    ['no route', 'ip link set lo up;', { hostname: '198.51.100.1' }, 'ERR_NO_ROUTE'],
    ['a route that says unreachable', 'ip link set lo up; ip route add unreachable 198.51.100.0/24;', { hostname: '198.51.100.1' }, 'ERR_NO_ROUTE'],
    ['a blackhole route', 'ip link set lo up; ip route add blackhole 198.51.100.0/24;', { hostname: '198.51.100.1' }, 'ERR_NO_ROUTE'],
    ['a prohibit route', 'ip link set lo up; ip route add prohibit 198.51.100.0/24;', { hostname: '198.51.100.1' }, 'EACCES'],
  ] as const)('%s', async (_name, setup, spec, code) => {
    const [seen] = await inShell(setup, { ...spec, maxResponseTimeMs: 1_000 }, 1, apart);
    // A host without any address may also lack the address to connect from.
    expect([code, 'EADDRNOTAVAIL']).toContain(seen?.code);
    expect(AGENT_FAULT_CODES.has(seen?.code as never)).toBe(true);
    expect(seen).toMatchObject({ phase: 'connect', established: false });
  });

  it.skipIf(!canUnshare)('ports: EADDRNOTAVAIL', async () => {
    const listening = `${quoted(process.execPath)} -e "require('net').createServer().listen(7000)" & L=$!; trap 'kill $L' EXIT; sleep 0.5;`;
    const setup = `ip link set lo up; echo '40000 40004' > /proc/sys/net/ipv4/ip_local_port_range; ${listening}`;
    const child = `${setup} ${quoted(process.execPath)} ${quoted(CHILD)} ${quoted(JSON.stringify({ spec: { port: 7_000, payload: 1, maxResponseTimeMs: 500 }, count: 12 }))}`;
    const { stdout } = await run('unshare', ['-n', 'sh', '-c', child], { timeout: 20_000 });
    const codes = (JSON.parse(stdout) as Seen[]).map((each) => each.code);
    expect(codes.filter((code) => code === 'EADDRNOTAVAIL').length).toBeGreaterThanOrEqual(7);
    expect(new Set(codes)).toEqual(new Set([null, 'EADDRNOTAVAIL']));
  });

  it.skipIf(!canUnshare)('but a neighbour that does not answer, and a router that says no, are the target\'s', async () => {
    const router = 'ip link set lo up; ip link add v0 type veth peer name v1; unshare -n sleep 20 & R=$!; trap "kill $R" EXIT; sleep 0.3; ip link set v1 netns $R;'
      + ' ip addr add 10.9.0.1/24 dev v0; ip link set v0 up; ip route add default via 10.9.0.2;'
      + ' nsenter -t $R -n sh -c "ip link set lo up; ip addr add 10.9.0.2/24 dev v1; ip link set v1 up; echo 1 > /proc/sys/net/ipv4/ip_forward; echo 0 > /proc/sys/net/ipv4/icmp_ratelimit; ip route add unreachable 198.51.100.0/24; ip route add prohibit 203.0.113.0/24";';
    const probing = (hostname: string): string =>
      `${quoted(process.execPath)} ${quoted(CHILD)} ${quoted(JSON.stringify({ spec: { hostname, maxResponseTimeMs: 4_500 }, count: 1 }))}; echo;`;
    const { stdout } = await run('unshare', ['-n', 'sh', '-c', router + ['198.51.100.1', '203.0.113.1', '192.0.2.1', '10.9.0.9'].map(probing).join(' ')], { timeout: 20_000 });
    const seen = stdout.trim().split('\n').map((line) => (JSON.parse(line) as Seen[])[0]);
    expect(seen.map((each) => each?.code)).toEqual(['EHOSTUNREACH', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTUNREACH']);
    expect(seen.every((each) => each?.phase === 'connect' && !each.established)).toBe(true);
  }, 25_000);
});

describe('a full backlog', () => {
  it.skipIf(process.platform !== 'linux')('is a timeout of the connect, with the lost first packets counted', async () => {
    const child = spawn(process.execPath, ['-e', "const s=require('net').createServer().listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log(s.address().port))"], { stdio: ['ignore', 'pipe', 'inherit'] });
    const fillers: net.Socket[] = [];
    try {
      const [line] = await once(child.stdout, 'data') as [Buffer];
      const port = Number(line.toString());
      child.kill('SIGSTOP');
      for (let index = 0; index < 6; index += 1) fillers.push(net.connect(port, '127.0.0.1').on('error', () => {}));
      await new Promise((resolve) => { setTimeout(resolve, 100); });
      const report = await probe(port, { maxResponseTimeMs: 1_500 });
      expect(report).toMatchObject({ established: false, stopReason: 'deadline', failure: { phase: 'connect', code: 'SOCKET_TIMEOUT' } });
      expect(report.synRetransmits ?? 1).toBe(1);
      expect(report.timings.connectUs).toBeGreaterThan(1_400_000);
    } finally {
      for (const filler of fillers) filler.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });
});
