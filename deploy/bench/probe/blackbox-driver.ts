/** Starts Debian's blackbox_exporter and asks it for `/probe`, over connections that are kept, as Prometheus does. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf, DEADLINE_MS, EXPECTED } from './exchange.ts';
import { pace } from './pace.ts';
import { serveWindows } from './serve-windows.ts';
import { monotonicUs, type SampleLog } from './window.ts';

/** It ends every `send` with a newline of its own. */
const MODULES = `modules:
  ping:
    prober: tcp
    timeout: ${DEADLINE_MS / 1000}s
    tcp:
      preferred_ip_protocol: ip4
      ip_protocol_fallback: false
      query_response:
        - send: "PING\\r"
        - expect: "${EXPECTED}"
`;
const UP_WITHIN_MS = 10_000;

const targetPort = Number(process.argv[2]);
const dir = mkdtempSync(join(tmpdir(), 'sonde-bench-'));
const config = join(dir, 'modules.yml');
writeFileSync(config, MODULES);
const ownPort = await freePort();
const exporter = spawn('prometheus-blackbox-exporter', [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${ownPort}`, '--log.level=error'], { stdio: 'ignore' });
exporter.on('error', () => leave(1));
exporter.on('exit', () => leave(1));
process.on('exit', () => { exporter.kill('SIGKILL'); rmSync(dir, { recursive: true, force: true }); });
process.on('SIGTERM', () => leave(0));
await untilUp();

serveWindows(async (window, log) => {
  const idle: Exchange[] = [];
  const all = new Set<Exchange>();
  await pace(window, (check, dueUs, done) => {
    const exchange = idle.pop() ?? new Exchange();
    all.add(exchange);
    exchange.ask(addressOf(check), (body) => {
      note(log, body, check, dueUs);
      idle.push(exchange);
      done();
    });
  });
  for (const exchange of all) exchange.close();
  return 0;
}, { pid: exporter.pid! });

function note(log: SampleLog, body: string | null, address: number, dueUs: number): void {
  const seconds = Number(/^probe_duration_seconds (\S+)/m.exec(body ?? '')?.[1] ?? NaN);
  log.push({
    address, endedUs: monotonicUs(), connectUs: NaN, firstByteUs: NaN, totalUs: seconds * 1e6,
    isOk: /^probe_success 1$/m.test(body ?? ''), dueUs,
  });
}

/** One connection to the exporter with one request at a time. Just as much HTTP as that takes, so that the driver stays cheap. */
class Exchange {
  readonly #socket = net.connect({ host: '127.0.0.1', port: ownPort, noDelay: true });
  #answer = '';
  #done: ((body: string | null) => void) | null = null;

  constructor() {
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text: string) => {
      this.#answer += text;
      if (isWhole(this.#answer)) this.#settle(this.#answer);
    });
    this.#socket.on('error', () => {});
    this.#socket.on('close', () => this.#settle(null));
  }

  ask(address: string, done: (body: string | null) => void): void {
    this.#answer = '';
    this.#done = done;
    if (this.#socket.destroyed) return void setImmediate(() => this.#settle(null));
    this.#socket.write(`GET /probe?module=ping&target=${address}:${targetPort} HTTP/1.1\r\nHost: exporter\r\n\r\n`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #settle(body: string | null): void {
    const done = this.#done;
    this.#done = null;
    done?.(body);
  }
}

function isWhole(answer: string): boolean {
  const headEnd = answer.indexOf('\r\n\r\n');
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(answer.slice(0, headEnd))?.[1];
  return length === undefined ? answer.endsWith('\r\n0\r\n\r\n') : answer.length >= headEnd + 4 + Number(length);
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

async function untilUp(): Promise<void> {
  for (const lastUs = monotonicUs() + UP_WITHIN_MS * 1000; monotonicUs() < lastUs;) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = net.connect({ host: '127.0.0.1', port: ownPort });
      socket.on('connect', () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    if (isUp) return;
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
  leave(1);
}

function leave(code: number): never {
  process.exit(code);
}
