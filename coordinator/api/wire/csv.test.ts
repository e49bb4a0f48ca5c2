import { expect, it } from 'vitest';
import { badge } from './badge.ts';
import { csvLine } from './csv.ts';

it.each([
  [['plain', 1.5, true, null], 'plain,1.5,true,'],
  [['a "quoted", one', 'two\r\nlines'], '"a ""quoted"", one","two\r\nlines"'],
  [['=HYPERLINK("x")', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '|cmd'], `"'=HYPERLINK(""x"")",'+1,'-1,'@SUM(A1),' =1,'\t=1,'|cmd`],
  [[-1, 'a=b'], '-1,a=b'],
] as const)('cells %j are one line that no spreadsheet runs', (cells, line) => {
  expect(csvLine(cells)).toBe(`${line}\r\n`);
});

it('a badge shows a name as text, whatever it is', () => {
  const svg = badge({ label: '<script>&"\u0000', value: 'passing', colour: '#2e7d32' });
  expect(svg).not.toMatch(/<script|\u0000/);
  expect(svg).toContain('&#60;script&#62;&#38;&#34;');
});
