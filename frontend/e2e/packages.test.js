// The packages as a project gets them: packed, put where npm would put them, type-checked and run against a real server.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { startBelfry } from './belfry.js';
import { guest } from './guest.js';

const run = promisify(execFile);
const FRONTEND = fileURLToPath(new URL('../', import.meta.url));
const PACKAGES = ['client', 'react'];
const README_URL = 'http://127.0.0.1:3000';

describe('the packages', { timeout: 600_000 }, () => {
  let project;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'belfry-project-'));
    await run('npm', ['run', 'build', '--workspaces'], { cwd: FRONTEND });
    for (const name of PACKAGES) await install(project, name);
    await writeFile(
      join(project, 'package.json'),
      '{ "name": "project", "private": true, "type": "module" }',
    );
  });
  after(() => rm(project, { recursive: true, force: true }));

  for (const moduleResolution of ['nodenext', 'bundler']) {
    it(`are understood by a strict TypeScript with ${moduleResolution}, with the examples of their READMEs`, async () => {
      const folder = join(project, moduleResolution);
      await mkdir(folder);
      const examples = (await Promise.all(PACKAGES.map(examplesOf))).flat();
      assert.ok(examples.length > 0, 'there are examples');
      for (const { file, text } of examples) await writeFile(join(folder, file), `${text}\nexport {};\n`);
      await check(folder, moduleResolution);
    });
  }

  it('bring nothing but what is to be used', async () => {
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--workspaces'], { cwd: FRONTEND });
    const paths = JSON.parse(stdout).flatMap(({ files }) => files.map(({ path }) => path));
    const others = paths.filter(
      (path) => !/^(package\.json|README\.md|dist\/.*(?<!\.test)\.(js|d\.ts))$/.test(path),
    );
    assert.deepEqual(others, []);
  });

  it('can be imported where there is no window, without doing anything', async () => {
    const { stdout } = await run(
      process.execPath,
      ['--input-type=module', '-e', "console.log(typeof (await import('@belfry/client')).createClient)"],
      { cwd: project },
    );
    assert.equal(stdout.trim(), 'function');
  });

  it('the example of @belfry/client does what it says', async (t) => {
    const belfry = await startBelfry(t);
    const [{ text }] = await examplesOf('client');
    const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
    const program = ts.transpile(text.replace(README_URL, belfry.url), options);
    await writeFile(join(project, 'example.js'), program);
    const { stdout } = await run(process.execPath, ['example.js'], { cwd: project, timeout: 60_000 });
    assert.match(stdout, /^Ada\S*: Hello from the README \(waiting\)$/m);
    assert.match(stdout, /^Kept as number 1$/m);
  });

  it('the bot answers whoever mentions it', async (t) => {
    const belfry = await startBelfry(t);
    await cp(join(FRONTEND, 'examples/bot/bot.js'), join(project, 'bot.js'));
    const bot = spawn(process.execPath, ['bot.js'], {
      cwd: project,
      env: { PATH: process.env.PATH, BELFRY_URL: belfry.url },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => bot.kill('SIGKILL'));
    await once(bot.stdout, 'data');
    const ada = await guest(t, belfry, 'Ada');
    await ada.meets('lobby', 'echo');
    // Listened for before it is asked for: question and answer may come in one packet.
    const heard = ada.hears(({ username }) => username === 'echo');
    const { message } = await ada.write('lobby', '@echo is anybody there?');
    const answer = await heard;
    assert.equal(answer.replyTo, message.id);
    assert.equal(answer.content, 'You said: is anybody there?');
    assert.equal(answer.username, 'echo');
    const ended = once(bot, 'exit');
    bot.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], 'it ends by itself when it is asked to');
  });
});

/** As npm would: what was packed, and beside it only what its package.json names. */
async function install(project, name) {
  const modules = join(project, 'node_modules');
  const target = join(modules, '@belfry', name);
  await mkdir(target, { recursive: true });
  const { stdout } = await run(
    'npm',
    ['pack', '--json', '--pack-destination', project, '-w', `@belfry/${name}`],
    {
      cwd: FRONTEND,
    },
  );
  const [{ filename }] = JSON.parse(stdout);
  await run('tar', ['-xzf', join(project, filename), '-C', target, '--strip-components=1']);
  const { dependencies = {}, peerDependencies = {} } = JSON.parse(
    await readFile(join(target, 'package.json'), 'utf8'),
  );
  const named = Object.keys({ ...dependencies, ...peerDependencies }).filter(
    (each) => !each.startsWith('@belfry/'),
  );
  // What a project with React has anyway.
  const own = name === 'react' ? ['react-dom', '@types/react', '@types/react-dom'] : [];
  for (const each of [...named, ...own]) {
    const link = join(modules, each);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(FRONTEND, 'node_modules', each), link);
  }
}

/** The programs in a package's README, each with a name for its file. */
async function examplesOf(name) {
  const readme = await readFile(join(FRONTEND, 'packages', name, 'README.md'), 'utf8').catch(() => '');
  const programs = [...readme.matchAll(/^```(tsx?)\n([\s\S]*?)^```$/gm)];
  return programs.map(([, language, text], index) => ({ file: `${name}-${index}.${language}`, text }));
}

async function check(folder, moduleResolution) {
  const compilerOptions = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM', 'DOM.Iterable'],
    module: moduleResolution === 'nodenext' ? 'nodenext' : 'esnext',
    moduleResolution,
    jsx: 'react-jsx',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    types: [],
    noEmit: true,
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['.'] }));
  const tsc = join(FRONTEND, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => assert.fail(stdout));
}
