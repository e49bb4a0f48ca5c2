import type { Alarm } from '../deadlines.ts';
import type { Engine } from './engine.ts';
import type { Descriptors } from './kernel/descriptors.ts';
import { openKernelEngine, type KernelEngineOptions, type OpenedKernelEngine } from './kernel/kernel-engine.ts';
import type { LoadKoffi } from './kernel/system-calls.ts';
import type { EngineChoice, EngineStatus } from './engine-choice.ts';
import { plainEngine, type PlainEngineDeps } from './plain-engine.ts';

export type ChosenEngine = Engine & {
  /** Settled when the kernel-timed engine was checked once, or is not wanted. The plain one serves until it passes. */
  readonly chosen: Promise<EngineStatus>;
  status(): EngineStatus;
  close(): void;
};

export type ChooseEngineOptions = {
  readonly descriptors?: Descriptors;
  readonly loadKoffi?: LoadKoffi;
  /** Left out: `openKernelEngine`. */
  readonly openKernel?: (options: KernelEngineOptions) => Promise<OpenedKernelEngine>;
};

/** A machine that is too busy while an agent starts is not for ever; layouts that do not fit are refused again in a moment. */
const AGAIN_AFTER_US = [1_000_000, 10_000_000, 60_000_000] as const;

/** Serves at once. `kernel` and `auto` differ for people alone: who asked for the kernel's times is told louder that they are not to be had. */
export function chooseEngine(choice: EngineChoice, plain: PlainEngineDeps, { openKernel = openKernelEngine, ...options }: ChooseEngineOptions = {}): ChosenEngine {
  let engine: Engine = plainEngine(plain);
  let status: EngineStatus = { kind: 'plain', reason: choice === 'plain' ? 'SONDE_PROBE_ENGINE is plain' : 'the kernel-timed engine is being checked' };
  let close = (): void => {};
  let isClosed = false;
  let again: Alarm | null = null;
  const take = (opened: OpenedKernelEngine): EngineStatus => {
    if (!opened.ok) status = { kind: 'plain', reason: opened.reason };
    else if (isClosed) opened.engine.close();
    else {
      ({ engine } = opened);
      close = () => opened.engine.close();
      status = { kind: 'kernel', reason: '' };
    }
    return status;
  };
  const check = async (times: number): Promise<EngineStatus> => {
    const opened = await openKernel({ plain, ...options });
    const afterUs = AGAIN_AFTER_US[times];
    if (!opened.ok && opened.mayPassLater && afterUs !== undefined && !isClosed) {
      again = plain.deadlines.at(plain.clock.monotonicUs() + afterUs, () => void check(times + 1));
    }
    return take(opened);
  };
  return {
    get clock() { return engine.clock; },
    open: (request) => engine.open(request),
    chosen: choice === 'plain' ? Promise.resolve(status) : check(0),
    status: () => status,
    close: () => {
      isClosed = true;
      again?.cancel();
      close();
    },
  };
}
