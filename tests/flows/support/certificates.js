// Certificates for stories about TLS: made on the spot by openssl, for 127.0.0.1, and their own authority.

import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `{ cert, key }`, the files' paths, and `ca`, the certificate's text. */
export async function certificate(directory, name) {
  await mkdir(directory, { recursive: true });
  const [cert, key] = [join(directory, `${name}.pem`), join(directory, `${name}.key`)];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost', '-days', '2'];
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  await run('openssl', ['req', '-x509', ...pair, ...subject, '-out', cert], { timeout: 20_000 });
  return { cert, key, ca: await readFile(cert, 'utf8') };
}
