import { createTheme, localStorageColorSchemeManager, type CSSVariablesResolver } from '@mantine/core';

/** Also read by public/color-scheme.js before the first paint. */
export const colorSchemeManager = localStorageColorSchemeManager({ key: 'sonde-color-scheme' });

export const theme = createTheme({
  primaryColor: 'indigo',
  primaryShade: { light: 7, dark: 8 },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '650' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Card: { defaultProps: { withBorder: true, padding: 'md' } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 200, events: { hover: true, focus: true, touch: true } } },
    // Mantine's own colours of its title are too pale for WCAG AA; the icon and the border keep them.
    Alert: { styles: { label: { color: 'var(--mantine-color-text)' } } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close the message' } } },
    // Left to itself the button that shows what was typed is nothing for a keyboard.
    PasswordInput: { defaultProps: { visibilityToggleButtonProps: { tabIndex: 0, 'aria-label': 'Show what is typed' } } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4, blur: 2 } } },
  },
});

/** Mantine's own greys and links are too pale for WCAG AA; these reach 4.5:1 on every surface we use. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-anchor': 'var(--mantine-color-indigo-7)',
    '--mantine-color-indigo-light-color': '#2f3fa0',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--sonde-page': '#f7f8fa',
    '--sonde-surface': '#ffffff',
    '--sonde-line': '#e4e7ec',
    '--sonde-passing': '#0f9d6c',
    '--sonde-degraded': '#d98500',
    '--sonde-failing': '#d92d3a',
    '--sonde-no-data': '#9aa3af',
    '--sonde-paused': '#6b7684',
  },
  dark: {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-anchor': 'var(--mantine-color-indigo-3)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--sonde-page': '#14161a',
    '--sonde-surface': '#1c1f24',
    '--sonde-line': '#2e3238',
    '--sonde-passing': '#2fbf8c',
    '--sonde-degraded': '#f0a830',
    '--sonde-failing': '#f5616c',
    '--sonde-no-data': '#5c6470',
    '--sonde-paused': '#8b949f',
  },
});
