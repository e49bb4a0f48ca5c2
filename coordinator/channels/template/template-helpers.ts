/** The helpers of templates (checkly-api.md §4.4). Those that compare work inline, `(eq a b)`, and as blocks. */

type Options = { readonly fn?: (context: unknown) => unknown; readonly inverse?: (context: unknown) => unknown };
export type Helper = (this: unknown, ...args: unknown[]) => unknown;

/** Time is an argument, so that each attempt of a delivery renders the same. */
export function templateHelpers(nowMs: number): Readonly<Record<string, Helper>> {
  return {
    year: () => new Date(nowMs).getUTCFullYear(),
    date: dateHelper(nowMs), moment: dateHelper(nowMs),
    tagValue: (tags, key, fallback) => tagValue(list(tags), text(key), typeof fallback === 'string' ? fallback : ''),
    replace: (value, from, to) => (text(from) === '' ? text(value) : text(value).split(text(from)).join(isOptions(to) ? '' : text(to))),
    split: (value, by) => text(value).split(isOptions(by) ? ',' : text(by)),
    default: (...args) => operands(args).find((value) => !isEmpty(value)) ?? '',
    /** A value as JSON without its quotes: what stands between quotes in a JSON body. */
    json: (value) => JSON.stringify(value ?? '').replace(/^"|"$/g, ''),
    startsWith: choose((prefix, value) => text(value).startsWith(text(prefix))),
    eq: choose((one, other) => loose(one) === loose(other)), is: choose((one, other) => loose(one) === loose(other)),
    isnt: choose((one, other) => loose(one) !== loose(other)),
    gt: choose((one, other) => Number(one) > Number(other)), gte: choose((one, other) => Number(one) >= Number(other)),
    lt: choose((one, other) => Number(one) < Number(other)), lte: choose((one, other) => Number(one) <= Number(other)),
    compare: choose((one, operator, other) => compare(one, text(operator), other)),
    and: choose((...values) => values.every((value) => !isEmpty(value))), or: choose((...values) => values.some((value) => !isEmpty(value))),
    not: choose((value) => isEmpty(value)), neither: choose((...values) => values.every(isEmpty)),
    isTruthy: choose((value) => !isEmpty(value)), isFalsey: choose(isEmpty),
    contains: choose((within, value) => has(within, value)), has: choose((within, value) => has(within, value)),
    ifEven: choose((value) => Number(value) % 2 === 0), ifOdd: choose((value) => Math.abs(Number(value) % 2) === 1),
    ifNth: choose((nth, value) => Number(value) % Number(nth) === 0),
    unlessEq: choose((one, other) => loose(one) !== loose(other)), unlessGt: choose((one, other) => !(Number(one) > Number(other))),
    unlessGteq: choose((one, other) => !(Number(one) >= Number(other))), unlessLt: choose((one, other) => !(Number(one) < Number(other))),
    unlessLteq: choose((one, other) => !(Number(one) <= Number(other))),
    // Of Handlebars itself: it would write to this process's log.
    log: () => '',
  };
}

/** As a block one of its two parts, inline the truth itself. */
function choose(decide: (...values: unknown[]) => boolean): Helper {
  return function (...args) {
    const options = args.at(-1) as Options;
    const isTrue = decide(...operands(args));
    if (typeof options?.fn !== 'function') return isTrue;
    return isTrue ? options.fn(this) : options.inverse?.(this) ?? '';
  };
}

const operands = (args: readonly unknown[]): readonly unknown[] => (isOptions(args.at(-1)) ? args.slice(0, -1) : args);
const isOptions = (value: unknown): boolean => typeof value === 'object' && value !== null && Object.hasOwn(value, 'hash');
const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** Numbers and flags compare with what a template writes in quotes. */
const loose = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
const text = (value: unknown): string => (typeof value === 'object' ? '' : loose(value));
const has = (within: unknown, value: unknown): boolean =>
  (Array.isArray(within) ? within.some((entry) => loose(entry) === loose(value)) : text(within).includes(text(value)));

function compare(one: unknown, operator: string, other: unknown): boolean {
  switch (operator) {
    case '==': case '===': return loose(one) === loose(other);
    case '!=': case '!==': return loose(one) !== loose(other);
    case '<': return Number(one) < Number(other);
    case '<=': return Number(one) <= Number(other);
    case '>': return Number(one) > Number(other);
    case '>=': return Number(one) >= Number(other);
    default: return false;
  }
}

function tagValue(tags: readonly unknown[], key: string, fallback: string): string {
  for (const tag of tags) {
    const match = /^([^:=]+)[:=](.*)$/s.exec(loose(tag));
    if (match?.[1]?.trim() === key) return match[2]?.trim() ?? fallback;
  }
  return fallback;
}

/** `{{date "YYYY-MM-DD"}}` is now, `{{date STARTED_AT "HH:mm"}}` that instant; in UTC. */
function dateHelper(nowMs: number): Helper {
  return (...args) => {
    const given = operands(args);
    const [value, format] = given.length > 1 ? [given[0], given[1]] : [nowMs, given[0]];
    const at = new Date(typeof value === 'number' ? value : text(value));
    return Number.isNaN(at.getTime()) ? '' : dateText(at, text(format) || 'YYYY-MM-DDTHH:mm:ss[Z]');
  };
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

function dateText(at: Date, format: string): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const month = MONTHS[at.getUTCMonth()] ?? '';
  const day = DAYS[at.getUTCDay()] ?? '';
  const hours12 = at.getUTCHours() % 12 || 12;
  const parts: Readonly<Record<string, string>> = {
    YYYY: String(at.getUTCFullYear()), YY: two(at.getUTCFullYear() % 100), MMMM: month, MMM: month.slice(0, 3), MM: two(at.getUTCMonth() + 1), M: String(at.getUTCMonth() + 1),
    dddd: day, ddd: day.slice(0, 3), DD: two(at.getUTCDate()), D: String(at.getUTCDate()), HH: two(at.getUTCHours()), H: String(at.getUTCHours()),
    hh: two(hours12), h: String(hours12), mm: two(at.getUTCMinutes()), m: String(at.getUTCMinutes()), ss: two(at.getUTCSeconds()), s: String(at.getUTCSeconds()),
    SSS: String(at.getUTCMilliseconds()).padStart(3, '0'), A: at.getUTCHours() < 12 ? 'AM' : 'PM', a: at.getUTCHours() < 12 ? 'am' : 'pm', Z: '+00:00', ZZ: '+0000',
    X: String(Math.floor(at.getTime() / 1000)), x: String(at.getTime()),
  };
  return format.slice(0, 200).replace(/\[([^\]]*)\]|YYYY|YY|M{1,4}|dddd|ddd|D{1,2}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|SSS|A|a|ZZ|Z|X|x/g, (part, literal: string | undefined) => literal ?? parts[part] ?? part);
}
