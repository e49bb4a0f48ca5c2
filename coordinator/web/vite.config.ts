import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The coordinator that `vite` (the development server) talks to. */
const API = process.env['SONDE_API_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    // What a page loads, for the test that keeps that small.
    manifest: 'manifest.json',
    // Inlined assets would be data: URLs, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // What every page needs in files of their own, so that an edit of a page leaves them cached.
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|@tanstack)[\\/]/ },
          ],
        },
      },
    },
  },
  server: { proxy: { '/v1': API, '/v2': API, '/docs': API, '/openapi.json': API } },
});
