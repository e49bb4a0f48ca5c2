import { createFormContext } from '@mantine/form';
import type { Draft } from './draft.ts';

/** The form's values and errors, for the sections. */
export const [CheckFormProvider, useCheckForm, useNewCheckForm] = createFormContext<Draft>();
