import { ToneMark } from '../../parts/tone-mark.tsx';
import type { Agent } from './fleet.ts';

/** How far an agent that is taken out of work has come. */
export function Leaving({ agent }: { readonly agent: Agent }) {
  return agent.state === 'drained' ? <ToneMark tone="idle">Drained: may be stopped</ToneMark> : <ToneMark tone="waiting">Draining</ToneMark>;
}
