// The nginx of docker-compose.yml as a process: deploy/nginx/nginx.conf as it stands, but for names and places that only a container has.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from './limits.js';
import { freePort } from './ports.js';
import { Program, repositoryFile } from './program.js';
import { Rest } from './rest.js';

const BINARY = ['/usr/sbin/nginx', '/usr/bin/nginx', '/opt/homebrew/bin/nginx'].find((path) => existsSync(path));
const MIME_TYPES = ['/etc/nginx/mime.types', '/opt/homebrew/etc/nginx/mime.types'].find((path) => existsSync(path));

/** Options for a test that needs nginx: skipped where it is missing, but never in CI. */
export const behindNginx = {
  skip: !BINARY && process.env.CI !== 'true' ? 'needs nginx: scripts/install-test-tools installs it' : false,
};

export class OwnNginx {
  /**
   * Before the replicas at these two ports of 127.0.0.1; its files are kept in `directory`. `believes`: the address of a proxy before it,
   * with the block switched on that is for that.
   */
  static async before(ports, directory, { believes } = {}) {
    if (!BINARY) throw new Error('this story needs nginx: scripts/install-test-tools installs it');
    const nginx = new OwnNginx();
    const port = await freePort();
    nginx.url = `http://127.0.0.1:${port}`;
    nginx.directory = join(directory, 'nginx');
    await mkdir(nginx.directory);
    const shipped = await readFile(repositoryFile('deploy/nginx/nginx.conf'), 'utf8');
    // An older nginx, as Debian 12 has it, cannot look names up again; addresses need not be.
    const switchedOn = [
      ['# set_real_ip_from 172.18.0.1;', `set_real_ip_from ${believes};`],
      ['# real_ip_header', 'real_ip_header'],
      ['# real_ip_recursive', 'real_ip_recursive'],
    ];
    const conf = [
      ...(believes ? switchedOn : []),
      ['belfry-1:3000 resolve', `127.0.0.1:${ports[0]}`],
      ['belfry-2:3000 resolve', `127.0.0.1:${ports[1]}`],
      ['listen 8080', `listen 127.0.0.1:${port}`],
      ['include /tmp/resolver.conf;', ''],
      ['include mime.types', `include ${MIME_TYPES}`],
      ['/tmp/', `${nginx.directory}/`],
    ].reduce((text, [from, to]) => {
      assert.ok(text.includes(from), `nginx.conf no longer has ${from}`);
      return text.replaceAll(from, to);
    }, shipped);
    const file = join(nginx.directory, 'nginx.conf');
    await writeFile(file, conf);
    nginx.program = new Program(
      BINARY,
      [
        '-c',
        file,
        '-p',
        nginx.directory,
        '-e',
        'stderr',
        '-g',
        `daemon off;${process.getuid() === 0 ? ' user root;' : ''}`,
      ],
      {},
      nginx.directory,
    );
    const answers = async () => {
      if (!nginx.program.isRunning) throw new Error(`nginx did not start\n${nginx.program.said()}`);
      return (await new Rest(nginx.url).get('/ready').catch(() => ({}))).status === 200;
    };
    await until(answers, 'nginx answers', { seen: () => nginx.program.said() });
    return nginx;
  }

  /** Its workers end with it. */
  async close() {
    this.program.signal('SIGTERM');
    await this.program.exit();
  }
}
