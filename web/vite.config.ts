import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

/** One script and one style sheet: the page works from a console, behind a prefix, and inlined into one file. */
export default defineConfig({
  base: './',
  plugins: [svelte()],
  build: {
    outDir: process.env['WEB_ASSETS'] ?? '../src/clearway/web_assets',
    emptyOutDir: true,
    target: 'es2022',
    sourcemap: false,
    cssCodeSplit: false,
    assetsInlineLimit: 0,
    modulePreload: false,
    reportCompressedSize: true,
    rolldownOptions: { output: { codeSplitting: false } },
  },
  server: { proxy: { '/__clearway__': 'http://127.0.0.1:8001' } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
