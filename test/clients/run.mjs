// Builds the server, starts it on its embedded parts and a free port, runs the tests against it and
// checks that it stops when told. With WEAV_URL set, such as http://127.0.0.1:8080, it runs them against that
// server instead. Arguments go to `node --test`, as in: npm test -- urql.test.mjs
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, start } from './server.mjs';

const here = dirname(fileURLToPath(import.meta.url));

process.exitCode = process.env.WEAV_URL ? await test(process.env.WEAV_URL) : await testOwnServer();

async function testOwnServer() {
  const folder = await mkdtemp(join(tmpdir(), 'weav-clients-'));
  try {
    const server = await start(await build(folder), join(folder, 'data'));
    const failed = await test(server.url);
    const stopped = await server.stop();
    if (failed || !stopped) console.error(`\nThe server's log:\n${server.log()}`);
    return failed || (stopped ? 0 : 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function test(url) {
  const named = process.argv.slice(2);
  const files = named.length ? named : (await readdir(here)).filter((name) => name.endsWith('.test.mjs'));
  const tests = spawn(process.execPath, ['--test', '--test-reporter=spec', ...files], {
    cwd: here,
    env: { ...process.env, WEAV_URL: url },
    stdio: 'inherit',
  });
  const [code] = await once(tests, 'exit');
  return code ?? 1;
}
