import { defineConfig } from 'vite';

export default defineConfig({
  // Relative, so that the page works under any prefix a proxy puts before it.
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    sourcemap: false,
    target: 'es2022',
    // The editor is one large chunk by nature.
    chunkSizeWarningLimit: 4096,
    modulePreload: { polyfill: false },
    // Says whose work the bundle holds, as the licences ask.
    license: { fileName: 'LICENSES.md' },
    rolldownOptions: {
      // "use client" means something to React's server alone.
      checks: { moduleLevelDirective: false },
    },
  },
  worker: { format: 'es' },
  // `npm run dev` talks to a server on the default address.
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:8080', ws: true } },
  },
});
