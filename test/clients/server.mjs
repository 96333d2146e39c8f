// Builds the server and runs it, for clients that nobody here wrote.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const START_MS = 60_000;
const STOP_MS = 20_000;

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

// build builds the server into a folder and answers its path.
export async function build(folder) {
  const binary = join(folder, 'weav');
  const go = spawn(process.env.GO ?? 'go', ['build', '-o', binary, './cmd/weav'], { cwd: root, stdio: 'inherit' });
  const [code] = await once(go, 'exit');
  if (code !== 0) throw new Error('the server does not build');
  return binary;
}

// start answers once the server tells its address. It sees none of our settings but the given, so it takes its defaults,
// but for the sign-ins of one address: all people of the tests come from here.
export async function start(binary, data, settings = {}) {
  const { PATH, HOME, TMPDIR } = process.env;
  const server = spawn(binary, ['serve'], {
    cwd: dirname(binary),
    env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), LISTEN_ADDR: '127.0.0.1:0', DATA_DIR: data, ADMIN_EMAILS: 'operator@example.com',
      RATE_SIGN_INS_PER_MINUTE: '1000', RATE_SIGN_INS_PER_HOUR: '10000', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(server, 'exit');
  let log = '';
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => {
      server.kill('SIGKILL');
      reject(new Error(`the server ${why}:\n${log}`));
    };
    const timer = setTimeout(fail, START_MS, 'did not tell its address');
    const read = (chunk) => {
      log += chunk;
      const told = log.match(/(http:\/\/127\.0\.0\.1:\d+)\/graphql\b/);
      if (!told) return;
      clearTimeout(timer);
      resolve(told[1]);
    };
    server.stdout.setEncoding('utf8').on('data', read);
    server.stderr.setEncoding('utf8').on('data', read);
    exited.then(([code]) => fail(`ended with ${code}`));
  });
  return { url, log: () => log, stop: () => stop(server, exited) };
}

// stop asks the server to end, and answers whether it did so cleanly and in time.
async function stop(server, exited) {
  const killer = setTimeout(() => server.kill('SIGKILL'), STOP_MS);
  server.kill('SIGTERM');
  const [code, signal] = await exited;
  clearTimeout(killer);
  if (code !== 0) console.error(`the server ended with ${signal ?? code} when told to stop`);
  return code === 0;
}
