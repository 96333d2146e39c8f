// The playground in a real browser: a newcomer signs in and runs the first tabs as they stand.
import assert from 'node:assert/strict';
import test from 'node:test';
import { browse, skip } from './browser.mjs';
import { base, socketURL, TIMEOUT_MS } from './weav.mjs';

test('the playground shows the schema and streams a reply', { timeout: 2 * TIMEOUT_MS, skip }, async (t) => {
  const { page, sockets, outside, complaints } = await browse(t);
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
  await listen(page, 'ChatEvents', ['MessageAdded', 'ReplyDelta', 'ReplyEnded']);
  await run(page, 'StopReply', '"COMPLETED"');
  await run(page, 'CreateJob', '"job_');
  await listen(page, 'JobEvents', ['JobSnapshot', 'JobEnded']);

  assert.deepEqual(new Set(sockets), new Set([socketURL]));
  assert.deepEqual(outside, [], 'requests to elsewhere');
  assert.deepEqual(complaints, [], 'what the browser complained of');
});

// run executes a tab and waits until its result shows the text.
async function run(page, tab, text) {
  await execute(page, tab);
  await page.locator('.result-window').getByText(text).first().waitFor();
}

// listen executes a subscription's tab and waits until the events are in the log.
async function listen(page, tab, events) {
  await execute(page, tab);
  const log = page.getByRole('region', { name: 'Events' }).locator('summary');
  for (const name of events) await log.filter({ hasText: name }).first().waitFor();
}

async function execute(page, tab) {
  await page.locator('.graphiql-tab', { hasText: tab }).click();
  await page.getByRole('button', { name: /^Execute query/ }).click();
}
