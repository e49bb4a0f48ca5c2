import { CliProblem } from '../cli-problem.ts';
import { EXIT } from '../exit-codes.ts';
import { readGivenFile, readYaml } from './read-definition.ts';

/** What is in the files that flags name. */
export type FlagFiles = {
  /** PEM. */
  readonly ca?: string;
  /** In the API's form; judged where all checks are. */
  readonly steps?: readonly unknown[];
};

const STEPS_EXAMPLE = '- expect: "^220 "\n- send: "EHLO sonde\\r\\n"\n  dataFormat: escaped\n- startTls: true';

/** Reads them; a CliProblem says what is wrong with which. */
export async function readFlagFiles({ ca, steps }: { readonly ca?: string; readonly steps?: string }): Promise<FlagFiles> {
  return {
    ...(ca === undefined ? {} : { ca: await readGivenFile(ca) }),
    ...(steps === undefined ? {} : { steps: await readSteps(steps) }),
  };
}

/** A list of steps, or an object that has one (a check's `request`). */
async function readSteps(path: string): Promise<readonly unknown[]> {
  const value = await readYaml(path);
  const inside = typeof value === 'object' && value !== null && 'steps' in value ? value.steps : value;
  if (Array.isArray(inside) && inside.length > 0) return inside;
  throw new CliProblem(EXIT.usage, `${path === '-' ? 'standard input' : path} must hold a list of steps, for example:\n${STEPS_EXAMPLE}`);
}
