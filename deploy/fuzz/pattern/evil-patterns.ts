import { Random } from '../random.ts';

/** Patterns that took services down (CVEs, OWASP's list, post-mortems), and the shapes that papers on ReDoS name. */
export const KNOWN_EVIL: readonly string[] = [
  '^(a+)+$', '^([a-zA-Z]+)*$', '^(a|aa)+$', '^(a|a?)+$', '^(.*a){11}$', '(x+x+)+y', '(a|b|ab)*c$', '(.*)*$', '(?:.*.*=.*)', '^(([a-z])+.)+[A-Z]([a-z])+$',
  '^([a-zA-Z0-9_.-])+@(([a-zA-Z0-9-])+.)+([a-zA-Z0-9]{2,4})+$', '(?:(?:"|\'|\\]|\\}|\\\\|\\d|(?:nan|infinity|true|false|null|undefined|symbol|math)|`|-|\\+)+[)]*;?(?:(?:\\s|-|~|!|\\{\\}|\\|\\||\\+)*.*(?:.*=.*)))',
  '[\\s\\u200c]+|[\\s\\u200c]+$', '\\s+$', '^[\\s]*(.*?)[\\s]*$', '((a*)*)*b', '(([^a]*)*)*x', '(a?){50}a{50}', 'a?a?a?a?a?a?a?a?aaaaaaaa', '(a*)*b', '(\\w+\\s?)*$',
  '^(\\w+\\d+)+$', '(.|\\n)+!', '(\\d+)*\\.(\\d+)*$', '^(?:[^,]*,){20}P', '(?:a{0,30}){0,30}b', '((ab)*)*$', '[01]*1[01]{8}$', '[ab]*a[ab]{20}b', '(?i)(k|K|\u212a)+$',
  '(\\p{L}+\\p{N}*)+!', '\\pL{900}', '(?:\\pL|\\d){200}', '(.{1,32}){1,32}$', '(?s).*?.*?.*?.*?!', '(^|,)(("[^"]*")|([^,]*))*$', '(?m)^(\\s*\\S*)*$', '(?:(?:(?:a{1,9}){1,9}){1,9})', '\\b(?:\\w|-)+\\b(?:\\.\\b(?:\\w|-)+\\b)*$',
];

const ATOMS = ['a', '[ab]', '.', '\\w', '(a|b)', '(?:a|ab|b)', 'a?', '[ab]*a', '\\d', '[^b]', '\\s', '\\pL', '[\u0370-\u03ff]', '(?i:k)', '[^\\n]', '\\x00', '\\b', '(?s:.)', 'abcabcabcabc', '\u4e16', '(|a)', '(?:a|a|a)'];
const ENDS = ['$', '!', 'b!', '', '\\b!', '\\z', '\\r?\\n', '(?m:$)', 'a$'];

/** The known ones first, then generated ones: counts within counts, alternatives that overlap, long literals, classes beyond ASCII. */
export function evilPatterns(seed: number, count: number): readonly string[] {
  const generated = Array.from({ length: Math.max(0, count - KNOWN_EVIL.length) }, (_, index) => evilPattern(new Random(seed, 5, index)));
  return [...KNOWN_EVIL, ...generated].slice(0, count);
}

function evilPattern(random: Random): string {
  switch (random.int(0, 9)) {
    case 0: return random.pick(['ab', 'x', '[ab]', '\\w']).repeat(random.int(1, 200)).slice(0, 530);
    case 1: return `(${Array.from({ length: random.int(2, 60) }, () => 'ab'.repeat(random.int(1, 4)) + random.pick(['', 'a', '.', 'c*'])).join('|')})*${random.pick(ENDS)}`;
    case 2: return Array.from({ length: random.int(2, 25) }, () => random.pick(['a*', '.*', '[ab]*', '\\w*', 'a?', '(a|b)*'])).join('') + random.pick(ENDS);
    default: return nested(random);
  }
}

function nested(random: Random): string {
  let source = random.pick(ATOMS);
  for (let depth = random.int(1, 4); depth > 0; depth -= 1) {
    const count = random.int(1, 40);
    const times = random.pick(['+', '*', '?', `{${count}}`, `{0,${count}}`, `{1,${count}}`, `{${count},}`, '+?', '*?', `{0,${count}}?`]);
    source = `${random.pick(['(', '(?:', '(?i:', '(?s:', '(?P<n>'])}${random.chance(0.4) ? random.pick(ATOMS) : ''}${source}${random.pick(['', 'a?', '[ab]?', '|b', `|${random.pick(ATOMS)}`])})${times}`.replaceAll('(?P<n>', depth === 1 ? '(?P<n>' : '(');
  }
  return random.pick(['', '', '^', '.*', '(?m)^']) + source + random.pick(ENDS);
}
