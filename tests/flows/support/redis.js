// A Redis of a story's own, to be stopped and started: it keeps nothing, so it comes back empty.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from './limits.js';
import { freePort } from './ports.js';
import { Program } from './program.js';

export class OwnRedis {
  #program;

  static async started(directory) {
    const redis = new OwnRedis();
    redis.directory = directory;
    redis.port = await freePort();
    redis.url = `redis://127.0.0.1:${redis.port}`;
    await redis.start();
    return redis;
  }

  async start() {
    const args = [
      '--port',
      this.port,
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      this.directory,
    ];
    const program = new Program('redis-server', args.map(String), {}, this.directory);
    this.#program = program;
    const answers = async () => {
      if (!program.isRunning) throw new Error(`Redis did not start\n${program.said()}`);
      return (await this.#asked('ping').catch(() => '')).trim() === 'PONG';
    };
    await until(answers, 'Redis answers', { seen: () => program.said() });
  }

  /** How many clients wait inside a blocking command: those are workers that wait for jobs. */
  async waiting() {
    return Number(/^blocked_clients:(\d+)/m.exec(await this.info('clients'))[1]);
  }

  /** What it says about itself. */
  info(section) {
    return this.#asked('info', section);
  }

  /** Its connections are cut: those of subscribers, or all others. */
  async cuts(kind) {
    await this.#asked('client', 'kill', 'type', kind);
  }

  /** Forgets the lists of recent messages. */
  async forgetsRecent() {
    await this.#asked(
      'eval',
      "for _, key in ipairs(redis.call('KEYS', '*:recent')) do redis.call('UNLINK', key) end",
      '0',
    );
  }

  async #asked(...words) {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(this.port), ...words], { timeout: 10_000 });
    return stdout;
  }

  async stop() {
    await this.#program.kill();
  }

  /** It stands still: connections stay open and nothing answers. */
  pause() {
    this.#program.signal('SIGSTOP');
  }

  resume() {
    this.#program.signal('SIGCONT');
  }
}
