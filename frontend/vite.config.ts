// How the page is built: plain files without anything inline, so that a strict Content-Security-Policy can stay strict.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { emojiData } from './emoji-data.ts';

const server = 'http://127.0.0.1:3000';
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react(), emojiData()],
  resolve: {
    // The packages are taken from their sources: nothing has to be built before the page.
    alias: {
      '@belfry/client': source('packages/client/src/index.ts'),
      '@belfry/react': source('packages/react/src/index.ts'),
    },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { '/api': server, '/socket.io': { target: server, ws: true } },
  },
  test: { include: ['src/**/*.test.{ts,tsx}', 'packages/*/{src,test}/**/*.test.{ts,tsx}'] },
});
