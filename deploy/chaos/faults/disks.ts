/** Faults of disks: an agent's and the database's full, an agent's broken. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, pause } from '../../e2e/testing/eventually.ts';
import type { Random } from '../../fuzz/random.ts';
import { DidNotFire, type Fault } from '../fault.ts';
import type { Lab, LabAgent } from '../lab.ts';
import { asSuperuser } from './database.ts';
import { hasTool } from './processes.ts';

/** Until an agent that came back has its share of the location again. */
const AT_WORK_AGAIN_MS = 10_000;
/** Every check of the lab is due once in it. */
const INTERVAL_MS = 10_000;
const TROUBLE = 'trouble with the spool';
/** What Postgres says of ENOSPC. */
const NO_SPACE = 'No space left on device';

export const fullDisk: Fault = {
  id: 'F11', name: 'the disk of an agent is full',
  cannot: async () => canMount(),
  async strike(lab, random) {
    const agent = await onSmallDisk(lab, random);
    await lab.untilAvailable();
    await pause(AT_WORK_AGAIN_MS);
    const filler = join(agent.dataDir, 'filler');
    const before = agent.process!.output.length;
    fill(filler);
    try {
      await troubled(agent, before);
      const delivered = await deliveredOnAGoodLine(agent);
      agent.line.set({ kind: 'cut' });
      await pause(INTERVAL_MS);
      return `${agent.name}: without room ${delivered} results were delivered from memory; then 10 s with the link cut besides`;
    } finally {
      rmSync(filler);
      agent.line.set({ kind: 'good' });
    }
  },
};

/** Every fsync of the agent answers EIO, by strace. */
export const brokenDisk: Fault = {
  id: 'F11', name: 'the disk of an agent answers EIO to every fsync',
  cannot: async () => (hasTool('strace') ? null : 'strace is not installed'),
  async strike(lab, random) {
    const agent = aRunning(lab, random);
    const before = agent.process!.output.length;
    const strace = spawn('strace', ['-f', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:error=EIO', '-p', String(agent.process!.pid)], { stdio: 'ignore' });
    agent.troublesAtMs.push(Date.now());
    const ended = new Promise((resolve) => { strace.once('exit', resolve); strace.once('error', resolve); });
    try {
      await troubled(agent, before);
      return `${agent.name}: ${await deliveredOnAGoodLine(agent)} results were delivered from memory meanwhile`;
    } finally {
      strace.kill('SIGINT');
      await ended;
      agent.troublesAtMs.push(Date.now());
    }
  },
};

/** The day's results lie on a small disk, which fills. */
export const fullDatabaseDisk: Fault = {
  id: 'F10', name: 'the disk of the database is full',
  cannot: async () => canMount(),
  async strike(lab, random) {
    const dir = join(lab.dir, `small-disk-${random.int(0, 1e9)}`);
    mkdirSync(dir);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m,mode=700', 'none', dir]);
    lab.onEnd(async () => { execFileSync('umount', ['-l', dir]); });
    const { uid, gid } = statSync(`/proc/${lab.postgres.pid}`);
    chownSync(dir, uid, gid);
    return asSuperuser(lab, 'sonde', async (client) => {
      const { rows: [day] } = await client.query<{ name: string }>('select tableoid::regclass::text as name from results order by due_at desc limit 1');
      if (!day) throw new DidNotFire('there are no results yet');
      await client.query(`create tablespace small location '${dir}'`);
      await client.query(`alter table ${day.name} set tablespace small`);
      const before = lab.saidCount(NO_SPACE);
      try {
        fill(join(dir, 'filler'));
        await eventually('a batch to be refused for want of room', async () => lab.saidCount(NO_SPACE) > before, { withinMs: 30_000, everyMs: 250 }).catch((error: unknown) => { throw new DidNotFire(String(error)); });
        await pause(INTERVAL_MS);
        return `${day.name}: ${lab.saidCount(NO_SPACE) - before} times told that there is no room`;
      } finally {
        rmSync(join(dir, 'filler'), { force: true });
        await client.query(`alter table ${day.name} set tablespace pg_default`);
        await client.query('drop tablespace small');
      }
    });
  },
};

async function troubled(agent: LabAgent, from: number): Promise<void> {
  await eventually(`${agent.name} to have trouble with its disk`, async () => agent.process!.output.slice(from).includes(TROUBLE), { withinMs: 30_000, everyMs: 100 })
    .catch((error: unknown) => { throw new DidNotFire(String(error)); });
}

/** Acknowledged while its disk fails; throws when nothing was. */
async function deliveredOnAGoodLine(agent: LabAgent): Promise<number> {
  const before = acknowledgedBy(agent);
  await pause(INTERVAL_MS + 2_000);
  const delivered = acknowledgedBy(agent) - before;
  if (delivered === 0) throw new Error(`${agent.name} delivered nothing, though only its disk was in trouble`);
  return delivered;
}

/** By the lab's journal, which is on another disk. */
function acknowledgedBy({ journal }: LabAgent): number {
  return readFileSync(journal, 'utf8').split('\n').length - 1;
}

function fill(path: string): void {
  execFileSync('sh', ['-c', `dd if=/dev/zero of='${path}' bs=4k 2>/dev/null || true`]);
}

function aRunning(lab: Lab, random: Random): LabAgent {
  const running = lab.agents.filter(({ process }) => process?.isRunning);
  return running[random.int(0, running.length - 1)]!;
}

function canMount(): string | null {
  if (process.getuid?.() !== 0) return 'mounting a small disk needs root';
  try {
    execFileSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=1m none "$d" && umount "$d" && rmdir "$d"'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'a small disk cannot be mounted here';
  }
}

/** Its data directory moves to a disk of 24 MB, for good. */
async function onSmallDisk(lab: Lab, random: Random): Promise<LabAgent> {
  const agent = aRunning(lab, random);
  agent.troublesAtMs.push(Date.now());
  await agent.process!.stop();
  const copy = `${agent.dataDir}-before`;
  cpSync(agent.dataDir, copy, { recursive: true });
  rmSync(agent.dataDir, { recursive: true });
  mkdirSync(agent.dataDir);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'none', agent.dataDir]);
  lab.onEnd(async () => { execFileSync('umount', ['-l', agent.dataDir]); });
  cpSync(copy, agent.dataDir, { recursive: true });
  await lab.startAgent(agent);
  agent.troublesAtMs.push(Date.now());
  return agent;
}
