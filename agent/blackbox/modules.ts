import type { Node } from 'yaml';
import { parseGoDuration } from './go-duration.ts';
import { readTcpModule, type TcpModule } from './tcp-module.ts';
import { type FileProblem, YamlFile } from './yaml-file.ts';

/** A module of a blackbox_exporter configuration: what `/probe?module=` names. */
export type Module =
  | { readonly kind: 'tcp'; readonly name: string; /** null: the scrape's timeout alone. */ readonly timeoutMs: number | null; readonly tcp: TcpModule }
  /** Of another prober. The file loads with it, as the same file also feeds a blackbox_exporter; probing it is refused by name. */
  | { readonly kind: 'other'; readonly name: string; readonly prober: string };

export type Modules = ReadonlyMap<string, Module>;

export type ParsedModules =
  | { readonly ok: true; readonly modules: Modules }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** Sections of other probers have no effect in a tcp module, here as there. */
const MODULE_KEYS = ['prober', 'timeout', 'tcp', 'http', 'dns', 'icmp', 'grpc', 'unix'] as const;

/**
 * The modules of a blackbox_exporter configuration, or everything that is wrong with it, each with its line, column
 * and key. A key that this prober does not know is an error, also when blackbox_exporter knows it.
 */
export function parseModules(text: string): ParsedModules {
  const file = new YamlFile(text);
  const modules = new Map<string, Module>();
  if (file.problems.length === 0) {
    if (file.root === null) file.problem(null, 'modules', 'is missing: the file is empty');
    for (const [name, node] of file.entries(file.entries(file.root, '', ['modules']).get('modules') ?? null, 'modules')) {
      const module = readModule(file, name, node);
      if (module !== null) modules.set(name, module);
    }
  }
  return file.problems.length > 0 ? { ok: false, problems: file.problems } : { ok: true, modules };
}

function readModule(file: YamlFile, name: string, node: Node): Module | null {
  const key = `modules.${name}`;
  const prober = file.text(file.entries(node, key).get('prober'), `${key}.prober`);
  if (prober === undefined) {
    file.problem(node, `${key}.prober`, 'is missing; write prober: tcp');
    return null;
  }
  if (prober !== 'tcp') return { kind: 'other', name, prober };
  const entries = file.entries(node, key, MODULE_KEYS);
  return {
    kind: 'tcp', name,
    timeoutMs: readTimeout(file, entries.get('timeout'), `${key}.timeout`),
    tcp: readTcpModule(file, entries.get('tcp') ?? null, `${key}.tcp`),
  };
}

function readTimeout(file: YamlFile, node: Node | undefined, key: string): number | null {
  const text = file.text(node, key);
  if (text === undefined) return null;
  const ms = parseGoDuration(text);
  if (ms === null) file.problem(node ?? null, key, `'${text}' is no duration; write for example 5s, 500ms or 1m30s`);
  // 0 is what blackbox_exporter takes for "not given".
  return ms === null || ms === 0 ? null : ms;
}
