import type { Engine } from './engine.ts';
import type { Descriptors } from './kernel/descriptors.ts';
import { openKernelEngine, type OpenedKernelEngine } from './kernel/kernel-engine.ts';
import type { LoadKoffi } from './kernel/system-calls.ts';
import type { EngineChoice, EngineStatus } from './engine-choice.ts';
import { plainEngine, type PlainEngineDeps } from './plain-engine.ts';

export type ChosenEngine = Engine & {
  /** Settled when the choice is made; the plain engine serves until then. */
  readonly chosen: Promise<EngineStatus>;
  status(): EngineStatus;
  close(): void;
};

export type ChooseEngineOptions = { readonly descriptors?: Descriptors; readonly loadKoffi?: LoadKoffi };

/** Serves at once. `kernel` and `auto` differ for people alone: who asked for the kernel's times is told louder that they are not to be had. */
export function chooseEngine(choice: EngineChoice, plain: PlainEngineDeps, options: ChooseEngineOptions = {}): ChosenEngine {
  let engine: Engine = plainEngine(plain);
  let status: EngineStatus = { kind: 'plain', reason: choice === 'plain' ? 'SONDE_PROBE_ENGINE is plain' : 'the kernel-timed engine is being checked' };
  let close = (): void => {};
  let isClosed = false;
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
  return {
    get clock() { return engine.clock; },
    open: (request) => engine.open(request),
    chosen: choice === 'plain' ? Promise.resolve(status) : openKernelEngine({ plain, ...options }).then(take),
    status: () => status,
    close: () => {
      isClosed = true;
      close();
    },
  };
}
