import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { CliProblem, problemOf } from '../cli-problem.ts';
import { EXIT } from '../exit-codes.ts';

const FILE_BYTES_MAX = 1_048_576;

/** A check from a YAML or JSON file, or from standard input (`-`). JSON is YAML. */
export async function readDefinition(path: string): Promise<Record<string, unknown>> {
  const name = nameOf(path);
  const value = await readYaml(path);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CliProblem(EXIT.usage, `${name} must hold one check: an object with name, request and locations`);
  }
  return value as Record<string, unknown>;
}

/** What a YAML or JSON file holds. */
export async function readYaml(path: string): Promise<unknown> {
  return parsed(await readGivenFile(path), nameOf(path));
}

/** A text file that the user names, `-` for standard input; a CliProblem says what is wrong with it. */
export async function readGivenFile(path: string): Promise<string> {
  const content = await (path === '-' ? textOf(process.stdin) : readFile(path, 'utf8')).catch((error: unknown) => {
    throw new CliProblem(EXIT.usage, problemOf(error).message, [], error);
  });
  if (content.length > FILE_BYTES_MAX) throw new CliProblem(EXIT.usage, `${nameOf(path)} is larger than 1 MiB`);
  return content;
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

function parsed(content: string, name: string): unknown {
  try {
    return parseYaml(content);
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split('\n')[0]?.replace(/:$/, '') : String(error);
    throw new CliProblem(EXIT.usage, `${name} is neither YAML nor JSON: ${sentence}`);
  }
}
