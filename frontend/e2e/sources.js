// Modules of the SDK as a page can load them, out of their sources, served by a real server beside its API.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const SOURCES = fileURLToPath(new URL('../packages/client/src/', import.meta.url));

/** A folder with an empty page and one module for each of those names; it goes with the test. */
export async function folderOf(test, names) {
  const folder = await mkdtemp(join(tmpdir(), 'belfry-sources-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      outDir: folder,
      modulePreload: false,
      rolldownOptions: {
        input: Object.fromEntries(names.map((name) => [name, `${SOURCES}${name}.ts`])),
        preserveEntrySignatures: 'strict',
        output: { entryFileNames: 'assets/[name].js' },
      },
    },
  });
  await writeFile(join(folder, 'index.html'), '<!doctype html><html lang="en"><title>Nothing</title></html>');
  return folder;
}
