// `npx vite examples/react` shows the example beside a server that runs here; the tests build it with this too.
import react from '@vitejs/plugin-react';
import { defineConfig, mergeConfig } from 'vite';
import page from '../../vite.config.ts';

const { resolve, server } = page;

export default mergeConfig(
  { resolve, server },
  defineConfig({
    root: import.meta.dirname,
    plugins: [react()],
    build: { target: 'es2022', modulePreload: false },
  }),
);
