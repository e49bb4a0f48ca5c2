type Schemas = Record<string, unknown>;
type Description = { readonly components?: { readonly schemas?: Schemas | undefined } | undefined };

const REF_PREFIX = '#/components/schemas/';
/** What the zod bridge appends to a schema's name where it describes input; every schema gets both forms. */
const INPUT_SUFFIX = 'Input';

/** Drops the schemas that nothing refers to, and the suffix of an input form that stands alone. */
export function tidySchemas<T extends object>(description: T): T {
  const { components } = description as Description;
  const schemas = components?.schemas ?? {};
  const used = reachable(description, schemas);
  const names = new Map([...used].map((name) => [name, plainName(name, used)]));
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)).map(([name, schema]) => [names.get(name) ?? name, schema]));
  return renamed({ ...description, components: { ...components, schemas: kept } }, names) as T;
}

function plainName(name: string, used: ReadonlySet<string>): string {
  const plain = name.endsWith(INPUT_SUFFIX) ? name.slice(0, -INPUT_SUFFIX.length) : name;
  return used.has(plain) ? name : plain;
}

function reachable(description: object, schemas: Schemas): ReadonlySet<string> {
  const { components: _components, ...rest } = description as Description;
  const used = new Set<string>();
  const open = [...refsIn(rest)];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (used.has(name)) continue;
    used.add(name);
    open.push(...refsIn(schemas[name]));
  }
  return used;
}

function refsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (isRef(key, child) ? [child.slice(REF_PREFIX.length)] : refsIn(child)));
}

function renamed(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((child) => renamed(child, names));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => {
    if (!isRef(key, child)) return [key, renamed(child, names)];
    const name = child.slice(REF_PREFIX.length);
    return [key, REF_PREFIX + (names.get(name) ?? name)];
  }));
}

function isRef(key: string, child: unknown): child is string {
  return key === '$ref' && typeof child === 'string' && child.startsWith(REF_PREFIX);
}
