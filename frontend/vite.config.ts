// How the page is built: plain files without anything inline, so that a strict Content-Security-Policy can stay strict.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { emojiData } from './emoji-data.ts';
import { pageOffline } from './page-offline';

const server = 'http://127.0.0.1:3000';
const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [react(), emojiData(), pageOffline()],
  resolve: {
    // The packages are taken from their sources: nothing has to be built before the page.
    alias: {
      '@belfry/client': source('packages/client/src/index.ts'),
      '@belfry/react': source('packages/react/src/index.ts'),
    },
  },
  build: {
    target: 'es2022',
    // Browsers that have `light-dark()`: the colours stay as they are written.
    cssTarget: ['chrome123', 'firefox125', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What changes seldom keeps its name from release to release.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler)\//, priority: 2 },
            { name: 'socket', test: /node_modules\/(socket\.io|engine\.io|@socket\.io)/, priority: 2 },
          ],
        },
      },
    },
  },
  server: {
    proxy: { '/api': server, '/socket.io': { target: server, ws: true } },
  },
  test: {
    include: ['src/**/*.test.{ts,tsx}', 'packages/*/{src,test}/**/*.test.{ts,tsx}'],
    // Machines that are shared stand still at times, and nothing here measures time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
