// Modules of the SDK as a page can load them, out of their sources, served by a real server beside its API.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const SOURCES = fileURLToPath(new URL('../packages/client/src/', import.meta.url));

/** A folder with an empty page and one module for each of those names; it goes with the test. */
export async function folderOf(test, names) {
  const folder = await mkdtemp(join(tmpdir(), 'belfry-sources-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  const bundle = await rolldown({
    input: Object.fromEntries(names.map((name) => [name, `${SOURCES}${name}.ts`])),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  });
  await bundle.write({ dir: join(folder, 'assets'), entryFileNames: '[name].js' });
  await bundle.close();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'index.html'), '<!doctype html><html lang="en"><title>Nothing</title></html>');
  return folder;
}
