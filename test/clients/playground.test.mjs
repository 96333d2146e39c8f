// The playground in a real browser: a newcomer signs in and runs the first tabs as they stand.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { chromium } from 'playwright-core';
import { base, socketURL, TIMEOUT_MS } from './weav.mjs';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const required = process.env.REQUIRE_SERVICES === '1';
const skip = !executablePath && !required && 'no Chromium found; CHROMIUM names one';

test('the playground shows the schema and streams a reply', { timeout: 2 * TIMEOUT_MS, skip }, async (t) => {
  const { page, sockets, outside, complaints } = await open(t);
  await page.goto(`${base}/playground/`);

  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  await page.getByRole('link', { name: 'Subscription', exact: true }).waitFor();

  await page.getByRole('button', { name: 'Show Sign in' }).click();
  await page.getByRole('region', { name: 'Sign in' }).getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Signed in as').waitFor();

  await run(page, 'Server', 'ada@example.com');
  await run(page, 'CreateChat', '"chat_');
  await run(page, 'SendMessage', '"msg_');
  await page.getByRole('button', { name: 'Show Events' }).click();
  await run(page, 'ChatEvents', 'ReplyEnded');
  const log = page.getByRole('region', { name: 'Events' }).locator('summary');
  for (const name of ['MessageAdded', 'ReplyDelta', 'ReplyEnded']) await log.filter({ hasText: name }).first().waitFor();
  await run(page, 'StopReply', '"COMPLETED"');
  await run(page, 'CreateJob', '"job_');
  await run(page, 'JobEvents', 'JobEnded');

  assert.deepEqual(new Set(sockets), new Set([socketURL]));
  assert.deepEqual(outside, [], 'requests to elsewhere');
  assert.deepEqual(complaints, [], 'what the browser complained of');
});

// run executes a tab and waits until its result shows the text.
async function run(page, tab, text) {
  await page.locator('.graphiql-tab', { hasText: tab }).click();
  await page.getByRole('button', { name: /^Execute query/ }).click();
  await page.locator('.result-window').getByText(text).first().waitFor();
}

// open answers an empty page, and what it does that it should not.
async function open(t) {
  const browser = await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync',
    ],
  });
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
  page.setDefaultTimeout(TIMEOUT_MS);

  const outside = [];
  const complaints = [];
  const sockets = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${base}/`) && !request.url().startsWith('data:')) outside.push(request.url());
  });
  page.on('websocket', (socket) => sockets.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return { page, sockets, outside, complaints };
}
