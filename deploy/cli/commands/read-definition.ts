import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { CliProblem, problemOf } from '../cli-problem.ts';
import { EXIT } from '../exit-codes.ts';

const FILE_BYTES_MAX = 1_048_576;

/** A check from a YAML or JSON file, or from standard input (`-`). JSON is YAML. */
export async function readDefinition(path: string): Promise<Record<string, unknown>> {
  const name = path === '-' ? 'standard input' : path;
  const content = await (path === '-' ? textOf(process.stdin) : readFile(path, 'utf8')).catch((error: unknown) => {
    throw new CliProblem(EXIT.usage, problemOf(error).message, [], error);
  });
  if (content.length > FILE_BYTES_MAX) throw new CliProblem(EXIT.usage, `${name} is larger than 1 MiB`);
  const value = parsed(content, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliProblem(EXIT.usage, `${name} must hold one check: an object with name, request and locations`);
  }
  return value as Record<string, unknown>;
}

function parsed(content: string, name: string): unknown {
  try {
    return parseYaml(content);
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split('\n')[0]?.replace(/:$/, '') : String(error);
    throw new CliProblem(EXIT.usage, `${name} is neither YAML nor JSON: ${sentence}`);
  }
}
