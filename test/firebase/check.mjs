// Signs in at the server with Google's own client by way of Google's own emulator, all on this machine. Optional, since the
// two are a large download: `make firebase-check`.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { deleteApp, initializeApp } from 'firebase/app';
import {
  connectAuthEmulator, createUserWithEmailAndPassword, getAuth, GoogleAuthProvider, signInAnonymously, signInWithCredential, updateProfile,
} from 'firebase/auth';

import { build, start } from '../clients/server.mjs';

const PROJECT = 'demo-weav';
const START_MS = 90_000;

const here = dirname(fileURLToPath(import.meta.url));
let folder, binary, emulator, server, host;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weav-firebase-'));
  binary = await build(folder);
  host = await startEmulator();
  server = await start(binary, join(folder, 'data'), { AUTH: `dev,firebase:${PROJECT}`, FIREBASE_AUTH_EMULATOR_HOST: host });
});

after(async () => {
  const stopped = await server?.stop();
  if (emulator) {
    emulator.kill('SIGINT');
    await once(emulator, 'exit');
  }
  if (folder) await rm(folder, { recursive: true, force: true });
  assert.ok(stopped, 'the server did not stop cleanly');
});

// startEmulator runs the emulator on free ports and answers its address once it answers.
async function startEmulator() {
  const [auth, hub, logging] = [await freePort(), await freePort(), await freePort()];
  const config = join(folder, 'firebase.json');
  await writeFile(config, JSON.stringify({ emulators: {
    auth: { host: '127.0.0.1', port: auth }, hub: { host: '127.0.0.1', port: hub }, logging: { host: '127.0.0.1', port: logging }, ui: { enabled: false },
  } }));
  emulator = spawn(process.execPath, [join(here, 'node_modules/.bin/firebase'), 'emulators:start', '--config', config, '--project', PROJECT, '--only', 'auth'], {
    cwd: folder, env: { PATH: process.env.PATH, HOME: folder, CI: 'true' }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  const read = (chunk) => { log += chunk; };
  emulator.stdout.on('data', read);
  emulator.stderr.on('data', read);
  const address = `127.0.0.1:${auth}`;
  for (const end = Date.now() + START_MS; Date.now() < end && emulator.exitCode === null; await sleep(200)) {
    try {
      if ((await fetch(`http://${address}/`)).ok) return address;
    } catch { /* It does not answer yet. */ }
  }
  throw new Error(`the emulator does not start:\n${log}`);
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

// client is Google's own, led to the emulator.
function client(t) {
  const app = initializeApp({ apiKey: 'any', projectId: PROJECT }, crypto.randomUUID());
  t.after(() => deleteApp(app));
  const auth = getAuth(app);
  connectAuthEmulator(auth, `http://${host}`, { disableWarnings: true });
  return auth;
}

async function ask(query, variables, token) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST', body: JSON.stringify({ query, variables }),
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
  });
  return response.json();
}

const signIn = async (idToken) => ask(`mutation ($t: String!) { signIn(input: {identity: {firebase: {idToken: $t}}}) {
  viewer { id email firstName } tokens { accessToken } userErrors { code } } }`, { t: idToken });

test('a password account signs in, and is the same person the next time', async (t) => {
  const auth = client(t);
  const { user } = await createUserWithEmailAndPassword(auth, 'ada@example.com', 'a long password');
  await updateProfile(user, { displayName: 'Ada Lovelace' });
  const first = (await signIn(await user.getIdToken(true))).data.signIn;
  assert.equal(first.viewer.email, 'ada@example.com');
  const again = (await signIn(await user.getIdToken(true))).data.signIn;
  assert.equal(again.viewer.id, first.viewer.id);
  const viewer = await ask('{ viewer { id membership { type actsAs } } }', {}, again.tokens.accessToken);
  assert.deepEqual(viewer.data.viewer, { id: first.viewer.id, membership: { type: 'FREE', actsAs: 'FREE' } });
});

test('a Google account signs in', async (t) => {
  const credential = GoogleAuthProvider.credential(JSON.stringify({ sub: 'google-1', email: 'bob@example.com', email_verified: true, name: 'Bob' }));
  const { user } = await signInWithCredential(client(t), credential);
  assert.equal((await signIn(await user.getIdToken())).data.signIn.viewer.email, 'bob@example.com');
});

test('a way to sign in that is not allowed is refused', async (t) => {
  const { user } = await signInAnonymously(client(t));
  const answer = await signIn(await user.getIdToken());
  assert.equal(answer.data?.signIn?.viewer ?? null, null, JSON.stringify(answer));
});

test('outside of development the emulator is refused', async () => {
  const child = spawn(binary, ['serve'], {
    env: { LISTEN_ADDR: '127.0.0.1:0', DATA_DIR: join(folder, 'other'), AUTH: `firebase:${PROJECT}`, FIREBASE_AUTH_EMULATOR_HOST: host, PAYMENTS: 'portone:s' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk) => { log += chunk; });
  child.stdout.on('data', (chunk) => { log += chunk; });
  const [code] = await once(child, 'exit');
  assert.notEqual(code, 0);
  assert.match(log, /FIREBASE_AUTH_EMULATOR_HOST/);
});
