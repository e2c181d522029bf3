// Caddy and Traefik as processes, with the files of deploy/ as they stand, but for names, places and certificates; where they are installed.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './limits.js';
import { freePort } from './ports.js';
import { Program, repositoryFile } from './program.js';
import { Rest } from './rest.js';

const CADDY = process.env.CADDY_BIN ?? '/usr/bin/caddy';
const TRAEFIK = process.env.TRAEFIK_BIN ?? '/usr/local/bin/traefik';

/** Options for tests that need one of them: nothing installs them. */
export const withCaddy = { skip: !existsSync(CADDY) && 'needs Caddy (CADDY_BIN)' };
export const withTraefik = { skip: !existsSync(TRAEFIK) && 'needs Traefik 3.6 or newer (TRAEFIK_BIN)' };

/** Caddy before the replicas at these two ports of 127.0.0.1: `{ url, program, close() }`. */
export async function caddyBefore(ports, directory) {
  const at = await freePort();
  const file = await adapted('deploy/caddy/Caddyfile', join(directory, 'caddy'), [
    ['chat.example.org {', `http://127.0.0.1:${at} {`],
    ['10.0.0.11:3000', `127.0.0.1:${ports[0]}`],
    ['10.0.0.12:3000', `127.0.0.1:${ports[1]}`],
  ]);
  // Its interface for administration would be on a port that all share.
  await writeFile(file, `{\n\tadmin off\n}\n\n${await readFile(file, 'utf8')}`);
  const args = ['run', '--config', file, '--adapter', 'caddyfile'];
  return running(CADDY, args, directory, `http://127.0.0.1:${at}`);
}

/** Traefik before the replicas at these two ports of 127.0.0.1: `{ url, program, close() }`. */
export async function traefikBefore(ports, directory) {
  const at = await freePort();
  const dynamic = await adapted('deploy/traefik/belfry.yml', join(directory, 'traefik'), [
    ['10.0.0.11:3000', `127.0.0.1:${ports[0]}`],
    ['10.0.0.12:3000', `127.0.0.1:${ports[1]}`],
    ['Host(`chat.example.org`)', 'Host(`127.0.0.1`)'],
    [/\n {6}tls:\n {8}certResolver: letsencrypt/g, ''],
  ]);
  const file = await adapted('deploy/traefik/traefik.yml', join(directory, 'traefik'), [
    [/ {2}web:[\s\S]*? {2}websecure:/, '  websecure:'],
    ['":443"', `127.0.0.1:${at}`],
    [/certificatesResolvers:[\s\S]*?(?=providers:)/, ''],
    ['/etc/traefik/belfry.yml', dynamic],
  ]);
  return running(TRAEFIK, [`--configfile=${file}`], directory, `http://127.0.0.1:${at}`);
}

async function adapted(name, directory, changes) {
  let text = await readFile(repositoryFile(name), 'utf8');
  for (const [from, to] of changes) {
    const changed = text.replaceAll(from instanceof RegExp ? new RegExp(from.source, 'g') : from, to);
    assert.notEqual(changed, text, `${name} no longer has ${from}`);
    text = changed;
  }
  await mkdir(directory, { recursive: true });
  const file = join(directory, name.split('/').at(-1));
  await writeFile(file, text);
  return file;
}

async function running(binary, args, directory, url) {
  const program = new Program(binary, args, { HOME: directory }, directory);
  const answers = async () => {
    if (!program.isRunning) throw new Error(`it did not start\n${program.said()}`);
    return (await new Rest(url).get('/ready').catch(() => ({}))).status === 200;
  };
  await until(answers, `${binary} answers`, { seen: () => program.said() });
  return { url, program, close: () => program.kill() };
}
