/**
 * Tries every preset against real servers of its kind, as far as they are installed here: each is started by hand in a
 * folder of its own on free ports of loopback, probed with its certificate verified, and stopped.
 *
 *     node deploy/e2e/presets-against-real-servers.ts [--steps] [--record]
 *
 * `--steps` shows every step, `--record` writes what was said to `presets/transcripts.json`, from which the ordinary
 * tests replay it. Exits 1 if a preset does not do what it should; servers that are not installed are no failure.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { presets } from '#shared/check/presets.ts';
import { aTestAuthority } from '#shared/testing/test-certificates.ts';
import { mariadb, memcached, postgres, redis, redisWithPassword, slapd } from './presets/database-servers.ts';
import { dovecot, exim, vsftpd } from './presets/mail-servers.ts';
import { mosquitto, nginx, sshd } from './presets/other-servers.ts';
import { type PresetCase, type RealServer, type RealServerKind, type Site, startRealServer } from './presets/real-server.ts';
import { type PresetRun, runPreset } from './presets/run-preset.ts';

const KINDS: readonly RealServerKind[] = [exim, dovecot, vsftpd, sshd, redis, redisWithPassword, postgres, mariadb, mosquitto, slapd, nginx, memcached];
const TRANSCRIPTS = fileURLToPath(new URL('./presets/transcripts.json', import.meta.url));

const flags = new Set(process.argv.slice(2));
const transcripts: Record<string, unknown>[] = [];
const tried = new Set<string>();
let failures = 0;

const authority = await aTestAuthority();
const { cert, key } = await authority.issue();
const root = mkdtempSync(join(tmpdir(), 'sonde-presets-'));
chmodSync(root, 0o755);
try {
  for (const [index, kind] of KINDS.entries()) await tryKind(kind, newSite(`s${index}`));
} finally {
  rmSync(root, { recursive: true, force: true });
}
for (const { name } of presets) if (!tried.has(name)) console.log(`not run  ${name}: no server for it is installed here`);
if (flags.has('--record') && failures === 0) writeFileSync(TRANSCRIPTS, `${JSON.stringify(transcripts, null, 1)}\n`);
console.log(failures === 0 ? 'all as they should be' : `${failures} not as they should be`);
process.exitCode = failures === 0 ? 0 : 1;

function newSite(name: string): Site {
  const dir = join(root, name);
  mkdirSync(dir);
  const site = { dir, certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem'), caFile: join(dir, 'ca.pem') };
  // The key is for a certificate that nobody trusts; servers that give up their rights have to read it.
  for (const [path, text] of [[site.certFile, cert], [site.keyFile, key], [site.caFile, authority.ca]] as const) writeFileSync(path, text, { mode: 0o644 });
  chmodSync(dir, 0o777);
  return site;
}

async function tryKind(kind: RealServerKind, site: Site): Promise<void> {
  const server = await prepared(kind, site);
  if (server === null) return;
  let running: { stop(): Promise<void> };
  try {
    running = await startRealServer(server);
  } catch (error) {
    failures += 1;
    console.log(`FAILED   ${String(error)}`);
    return;
  }
  try {
    for (const one of server.cases) show(server, one, await runPreset(one, authority.ca));
  } finally {
    await running.stop();
  }
}

async function prepared(kind: RealServerKind, site: Site): Promise<RealServer | null> {
  try {
    const server = await kind.prepare(site);
    if (server === null) console.log(`not run  ${kind.name} is not installed here`);
    return server;
  } catch (error) {
    console.log(`not run  ${kind.name} cannot be prepared: ${String(error)}`);
    return null;
  }
}

function show(server: RealServer, one: PresetCase, run: PresetRun): void {
  const { report: { steps, timings, tls, stopReason }, judgement: { outcome, failure } } = run;
  const isAsItShould = one.refusal === undefined ? outcome === 'passed' : outcome === 'failed' && (failure?.message.includes(one.refusal) ?? false);
  if (!isAsItShould) failures += 1;
  if (one.refusal === undefined) tried.add(one.preset);
  const with_ = [...Object.keys(one.parameters ?? {}), ...(one.implicitTls ? ['TLS'] : [])].join(', ');
  console.log([
    isAsItShould ? 'ok      ' : 'FAILED  ', `${one.preset}${with_ === '' ? '' : ` (${with_})`}`.padEnd(34), server.name.padEnd(34), outcome.padEnd(8),
    `${steps.filter(({ ok }) => ok).length}/${steps.length} steps`, tls === null ? 'no TLS ' : tls.version, `${(timings.totalUs / 1000).toFixed(3)} ms`.padStart(12), stopReason, failure?.message ?? '',
  ].join('  ').trimEnd());
  if (flags.has('--steps') || !isAsItShould) for (const step of steps) console.log(`           ${step.ok ? '✓' : '✗'} ${step.kind.padEnd(8)} ${String(step.us).padStart(8)} µs  ${JSON.stringify(step.detail)}`);
  transcripts.push({ preset: one.preset, server: server.name, parameters: one.parameters ?? {}, implicitTls: one.implicitTls ?? false, refusal: one.refusal ?? null, exchange: run.exchange });
}
