import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What a figure was measured on. No names of hosts, users or folders. */
export type Machine = {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  /** Short; with `+` when the tree had changes; null outside a clone. */
  readonly commit: string | null;
  /** Of the minute before, by whatever else ran. */
  readonly loadBefore: number;
};

export function machine(): Machine {
  const [first] = cpus();
  return {
    processor: first?.model.trim() ?? 'unknown', cores: cpus().length, memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(), node: process.versions.node, commit: commit(), loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  };
}

export function machineLine({ processor, cores, memoryGb, kernel, node, commit: at, loadBefore }: Machine): string {
  return `${processor}, ${cores} cores, ${memoryGb} GB, Linux ${kernel}, Node ${node}, commit ${at ?? 'unknown'}, load before ${loadBefore}`;
}

function commit(): string | null {
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+');
  } catch {
    return null;
  }
}
