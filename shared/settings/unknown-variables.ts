import { nearestWord } from '../check/nearest-word.ts';
import type { Environment } from './read-settings.ts';

/** A sentence for each variable that begins with SONDE_ and is none of ours, with the nearest name there is. */
export function unknownVariables(env: Environment, known: readonly string[]): readonly string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('SONDE_') && !known.includes(name))
    .sort()
    .map((name) => {
      const nearest = nearestWord(name, known);
      return nearest === null
        ? `${name} is no setting of Sonde and has no effect`
        : `${name} is no setting of Sonde and has no effect: did you mean ${nearest}?`;
    });
}
