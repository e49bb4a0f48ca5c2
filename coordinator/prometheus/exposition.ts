/** Prometheus text, written straight: tens of thousands of lines a scrape. https://prometheus.io/docs/instrumenting/exposition_formats/ */

export type Labels = readonly (readonly [name: string, value: string])[];

/** `a="1",b="2"`, escaped; what several lines share is made once. */
export function labelText(labels: Labels): string {
  return labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',');
}

export class Exposition {
  readonly #lines: string[] = [];

  family(name: string, type: 'gauge' | 'counter' | 'histogram', help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  /** `labels` as `labelText` makes them. */
  sample(name: string, labels: string, value: number): void {
    this.#lines.push(labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`);
  }

  /** What was written since it was last taken. */
  take(): string {
    return this.#lines.length === 0 ? '' : `${this.#lines.splice(0).join('\n')}\n`;
  }
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** A name that Prometheus takes for a label: what it does not take is `_`. */
export function labelName(text: string): string {
  const name = text.replace(/[^a-zA-Z0-9_]/g, '_');
  return /^[a-zA-Z]/.test(name) ? name : `tag_${name.replace(/^_+/, '')}`;
}
