import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GuardianOrder } from './postgres-guardian.ts';

export type Guard = {
  /** From now on this server is stopped when we vanish. */
  watch(pid: number): void;
  /** Ends the guardian without touching the server. */
  dismiss(): Promise<void>;
  readonly guardianPid: number | undefined;
};

/** A new guardian for one that died comes after this long, so that one that cannot start does not spin. */
const REPLACE_AFTER_MS = 500;

/** Keeps one guardian process alive as long as we are. */
export function keepGuardian(clusterData: string, removeAfter: readonly string[]): Guard {
  let guardedPid: number | null = null;
  let isDismissed = false;
  let guardian = start();

  function start(): ChildProcess {
    // Its own session: no signal of our terminal or process group reaches it. No environment: it needs none.
    const child = spawn(process.execPath, [fileURLToPath(new URL('./postgres-guardian.ts', import.meta.url))], {
      stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/', env: {},
    });
    child.stdin?.on('error', () => {}); // It died: `exit` follows.
    child.on('error', () => {});
    child.on('exit', () => {
      if (isDismissed) return;
      setTimeout(() => { if (!isDismissed) guardian = start(); }, REPLACE_AFTER_MS).unref();
    });
    child.unref();
    (child.stdin as unknown as { unref?: () => void } | null)?.unref?.();
    if (guardedPid !== null) send(child, { kind: 'guard', pid: guardedPid, clusterData, removeAfter });
    return child;
  }

  return {
    watch(pid) {
      guardedPid = pid;
      send(guardian, { kind: 'guard', pid, clusterData, removeAfter });
    },
    async dismiss() {
      isDismissed = true;
      if (guardian.exitCode !== null || guardian.signalCode !== null || guardian.pid === undefined) return;
      const gone = new Promise<void>((resolve) => { guardian.once('exit', () => resolve()); });
      guardian.ref();
      send(guardian, { kind: 'dismissed' });
      guardian.stdin?.end();
      await gone;
    },
    get guardianPid() {
      return guardian.pid;
    },
  };
}

function send(guardian: ChildProcess, order: GuardianOrder): void {
  guardian.stdin?.write(`${JSON.stringify(order)}\n`);
}
