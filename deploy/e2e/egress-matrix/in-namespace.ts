/**
 * `npm run test:egress`: the egress matrix in a network namespace of its own, where every address leads to a cable,
 * and the kernel counts what is sent. Passes only if no packet went to a denied address and the counter is proven to
 * count. Needs root, `ip` and `nft`; without them it says "not run" and exits with 2.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type ChildReport, CONTROL_V4, CONTROL_V6, CONTROLS, PORT } from './namespace-facts.ts';

const AGENT = `sonde-egress-a-${process.pid}`;
const WORLD = `sonde-egress-w-${process.pid}`;
const CHILD = fileURLToPath(new URL('./namespace-child.ts', import.meta.url));
const CHILD_MS_MAX = 300_000;

/** Everything sent by TCP, UDP, SCTP or as an echo; the name server of the test and the control have counters of their own. */
const COUNTERS = `
table inet egress {
  counter denied { }
  counter control { }
  counter names { }
  chain sent {
    type filter hook output priority 0;
    ip daddr 127.0.0.1 meta l4proto udp counter name names accept
    ip saddr 127.0.0.1 ip daddr 127.0.0.1 meta l4proto icmp icmp type != echo-request accept
    ip daddr ${CONTROL_V4} tcp flags & (syn | ack) == syn counter name control
    ip6 daddr ${CONTROL_V6} tcp flags & (syn | ack) == syn counter name control
    ip daddr ${CONTROL_V4} accept
    ip6 daddr ${CONTROL_V6} accept
    meta l4proto { tcp, udp, sctp } counter name denied
    icmp type echo-request counter name denied
    icmpv6 type echo-request counter name denied
  }
}`;

const impossible = whyNot();
if (impossible !== null) {
  process.stdout.write(`not run: ${impossible}\n`);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = (await run()) ? 0 : 1;
  } finally {
    for (const name of [AGENT, WORLD]) spawnSync('ip', ['netns', 'del', name]);
  }
}

function whyNot(): string | null {
  if (process.platform !== 'linux') return 'network namespaces are Linux\'';
  if (process.getuid?.() !== 0) return 'making a network namespace needs root';
  for (const program of ['ip', 'nft']) if (spawnSync(program, ['-V']).error !== undefined) return `'${program}' is not installed (apt-get install iproute2 nftables)`;
  const made = spawnSync('ip', ['netns', 'add', AGENT]);
  return made.status === 0 ? null : `this system does not let a namespace be made: ${made.stderr.toString().trim()}`;
}

async function run(): Promise<boolean> {
  lay();
  const listener = spawn('ip', ['netns', 'exec', WORLD, process.execPath, '-e', `require('net').createServer((s) => s.destroy()).listen(${PORT}, '::', () => console.log('up'))`], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(listener.stdout, 'data');
    const report = await matrix();
    const seen = counters();
    // A SYN to a denied address, not by the probe: the counter must see it, or it has seen nothing at all.
    for (const host of ['10.1.2.3', '127.0.0.9', 'fd00::9']) knock(host);
    const planted = counters().denied - seen.denied;
    return judge(report, seen, planted);
  } finally {
    listener.kill('SIGKILL');
  }
}

/** A cable between two namespaces; the agent's end has the default routes, the world's end the control addresses. */
function lay(): void {
  const [cable, other] = [`se${process.pid}a`, `se${process.pid}w`];
  ip('netns', 'add', WORLD);
  ip('link', 'add', cable, 'netns', AGENT, 'type', 'veth', 'peer', 'name', other, 'netns', WORLD);
  for (const [namespace, device, v4, v6] of [[AGENT, cable, '11.0.0.1/24', '2a00:1::1/64'], [WORLD, other, '11.0.0.2/24', '2a00:1::2/64']] as const) {
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
    ip('-n', namespace, 'addr', 'add', v4, 'dev', device);
    ip('-n', namespace, 'addr', 'add', v6, 'dev', device, 'nodad');
    ip('-n', namespace, 'link', 'set', device, 'up');
  }
  ip('-n', AGENT, 'route', 'add', 'default', 'via', '11.0.0.2');
  ip('-n', AGENT, '-6', 'route', 'add', 'default', 'via', '2a00:1::2');
  ip('-n', WORLD, 'addr', 'add', `${CONTROL_V4}/32`, 'dev', 'lo');
  ip('-n', WORLD, 'addr', 'add', `${CONTROL_V6}/128`, 'dev', 'lo', 'nodad');
  execFileSync('ip', ['netns', 'exec', AGENT, 'nft', '-f', '-'], { input: COUNTERS });
}

async function matrix(): Promise<ChildReport> {
  const child = spawn('ip', ['netns', 'exec', AGENT, process.execPath, CHILD], { stdio: ['ignore', 'pipe', 'inherit'] });
  const timer = setTimeout(() => child.kill('SIGKILL'), CHILD_MS_MAX);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => { output += chunk.toString(); });
  const [code] = await once(child, 'close') as [number | null];
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the matrix ended with ${code ?? 'a signal'}`);
  return JSON.parse(output) as ChildReport;
}

function counters(): { readonly denied: number; readonly control: number; readonly names: number } {
  const text = execFileSync('ip', ['netns', 'exec', AGENT, 'nft', 'list', 'counters']).toString();
  const packets = (name: string): number => Number(new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(text)?.[1] ?? Number.NaN);
  return { denied: packets('denied'), control: packets('control'), names: packets('names') };
}

function knock(host: string): void {
  spawnSync('ip', ['netns', 'exec', AGENT, process.execPath, '-e', `const s = require('net').connect(${PORT}, '${host}').on('error', () => {}); setTimeout(() => { s.destroy(); }, 150)`]);
}

function judge({ literals, named, nameServers, reached }: ChildReport, seen: ReturnType<typeof counters>, planted: number): boolean {
  const problems = [
    ...literals.holes, ...named.holes, ...nameServers.holes,
    ...(seen.denied === 0 ? [] : [`${seen.denied} packets to denied addresses`]),
    ...(seen.control === CONTROLS ? [] : [`${seen.control} SYNs to the control address, expected ${CONTROLS}`]),
    ...(planted >= 3 ? [] : [`the counter saw ${planted} packets of 3 planted connections: it proves nothing`]),
    ...(reached.join() === 'reached,reached,reached,reached,reached,ERR_EGRESS_DENIED,reached,ERR_EGRESS_DENIED,reached,ERR_EGRESS_DENIED' ? [] : [`controls: ${reached.join(', ')}`]),
  ];
  const line = (what: string, { denied, refused, holes }: ChildReport['named']): string => `${what}: ${denied + refused + holes.length} tried, ${denied} egress_denied, ${refused} not a host at all, ${holes.length} holes\n`;
  process.stdout.write(line('literals', literals) + line('names', named) + line('name servers of checks', nameServers));
  process.stdout.write(`packets to denied addresses: ${seen.denied}; SYNs to the allowed one: ${seen.control}; DNS packets: ${seen.names}; counted of 3 planted connections: ${planted}\n`);
  for (const problem of problems.slice(0, 30)) process.stdout.write(`${problem}\n`);
  process.stdout.write(problems.length === 0 ? 'passed\n' : `failed: ${problems.length} problems\n`);
  return problems.length === 0;
}

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'inherit', 'inherit'] });
}
