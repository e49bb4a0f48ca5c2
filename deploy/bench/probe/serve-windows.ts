import { SampleLog, type Window } from './window.ts';

export type ToProber = { readonly kind: 'window'; readonly window: Window };
export type FromProber =
  | { readonly kind: 'ready'; readonly pid: number }
  | { readonly kind: 'samples'; readonly numbers: Float64Array; readonly gaps: number };

/**
 * The child's side of a prober process: windows come over the channel, samples go back, and the process ends with
 * its parent. `run` comes back when nothing is under way any more, with the number of due checks that were not started.
 */
export function serveWindows(
  run: (window: Window, log: SampleLog) => Promise<number>, { pid = process.pid, onEnd = () => {} }: { readonly pid?: number; readonly onEnd?: () => void } = {},
): void {
  process.on('message', ({ window }: ToProber) => {
    const log = new SampleLog();
    void run(window, log).then((gaps) => tell({ kind: 'samples', numbers: log.numbers(), gaps }));
  });
  // Ctrl-C reaches the whole group; the parent decides what becomes of it.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => { onEnd(); process.exit(0); });
  tell({ kind: 'ready', pid });
}

function tell(message: FromProber): void {
  process.send?.(message);
}
