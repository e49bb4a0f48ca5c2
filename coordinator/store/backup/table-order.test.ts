import { expect, it } from 'vitest';
import { dependencyOrder } from './table-order.ts';

it('tables come after those they reference, also where some reference themselves or each other', () => {
  const order = dependencyOrder(['notices', 'accounts', 'checks', 'a', 'b', 'shots'], [
    { table: 'checks', references: 'accounts' }, { table: 'shots', references: 'checks' }, { table: 'checks', references: 'checks' },
    { table: 'a', references: 'b' }, { table: 'b', references: 'a' }, { table: 'notices', references: 'elsewhere' },
  ]);
  expect([...order].sort()).toEqual(['a', 'accounts', 'b', 'checks', 'notices', 'shots']);
  expect(order.indexOf('accounts')).toBeLessThan(order.indexOf('checks'));
  expect(order.indexOf('checks')).toBeLessThan(order.indexOf('shots'));
});
