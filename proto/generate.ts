/**
 * Generates `proto/gen` from the contract with the npm package `protoc` and ts-proto. `--check` generates aside
 * and fails when the committed code differs.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const CONTRACT = 'sonde/fleet/v1/fleet.proto';
const OPTIONS = [
  'outputServices=grpc-js', 'esModuleInterop=true', 'importSuffix=.ts', 'env=node', 'oneof=unions-value',
  'stringEnums=true', 'enumsAsLiterals=true', 'removeEnumPrefix=true', 'unrecognizedEnum=true', 'forceLong=bigint',
  'useDate=false', 'outputJsonMethods=false', 'outputPartialMethods=false',
].join(',');

const here = import.meta.dirname;
const require = createRequire(import.meta.url);

export function generateInto(directory: string): string {
  mkdirSync(directory, { recursive: true });
  const protoc = join(dirname(require.resolve('protoc/package.json')), 'protoc.cjs');
  const plugin = join(dirname(require.resolve('ts-proto/package.json')), 'protoc-gen-ts_proto');
  execFileSync(process.execPath, [
    protoc, `--plugin=protoc-gen-ts_proto=${plugin}`, `--ts_proto_out=${directory}`, `--ts_proto_opt=${OPTIONS}`, `-I${here}`, CONTRACT,
  ], { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` } });
  const file = join(directory, CONTRACT.replace(/\.proto$/, '.ts'));
  writeFileSync(file, `// @ts-nocheck generated code\n${readFileSync(file, 'utf8')}`);
  return file;
}

/** null when the committed code is what the contract generates; else what to do. */
export function staleness(): string | null {
  const aside = mkdtempSync(join(tmpdir(), 'sonde-proto-'));
  try {
    const fresh = readFileSync(generateInto(aside), 'utf8');
    const committed = readFileSync(join(here, 'gen', CONTRACT.replace(/\.proto$/, '.ts')), 'utf8');
    return fresh === committed ? null : 'proto/gen is not what proto/sonde/fleet/v1/fleet.proto generates: run `npm run generate`';
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

if (process.argv[1] === import.meta.filename) {
  if (process.argv.includes('--check')) {
    const problem = staleness();
    if (problem) { console.error(problem); process.exitCode = 1; }
  } else {
    generateInto(join(here, 'gen'));
  }
}
