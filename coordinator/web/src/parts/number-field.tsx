import { Text, TextInput } from '@mantine/core';
import type { KeyboardEvent, ReactNode } from 'react';

type Props = {
  readonly label: string;
  readonly value?: number | '' | null;
  readonly onChange: (value: number | '') => void;
  /** For the arrow keys; what is typed is judged by the API, which says at the field what is wrong with it. */
  readonly min: number;
  readonly max?: number;
  readonly step?: number;
  readonly unit?: string;
  readonly description?: ReactNode;
  readonly error?: ReactNode;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly w?: number;
  readonly onFocus?: () => void;
  readonly onBlur?: () => void;
};

const DIGITS_MAX = 9;

/** A whole number, or nothing. */
export function NumberField({ value, onChange, min, max = Number.MAX_SAFE_INTEGER, step = 1, unit, ...input }: Props) {
  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowUp' ? step : event.key === 'ArrowDown' ? -step : 0;
    if (by === 0) return;
    event.preventDefault();
    onChange(typeof value === 'number' ? Math.min(max, Math.max(min, value + by)) : min);
  };
  return (
    <TextInput
      {...input} inputMode="numeric" autoComplete="off" className="tabular" value={value ?? ''} onKeyDown={move}
      onChange={(event) => {
        const digits = event.currentTarget.value.replace(/\D/g, '').slice(0, DIGITS_MAX);
        onChange(digits === '' ? '' : Number(digits));
      }}
      {...(unit === undefined ? {} : { rightSection: <Text size="sm" c="dimmed" aria-hidden>{unit}</Text>, rightSectionWidth: 16 + unit.length * 8, rightSectionPointerEvents: 'none' as const })}
    />
  );
}
