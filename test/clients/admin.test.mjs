// The operators' page over the queue in a real browser, whose policy must let its own scripts run.
import assert from 'node:assert/strict';
import test from 'node:test';
import { browse, skip } from './browser.mjs';
import { ADMIN, base, signIn, TIMEOUT_MS } from './weav.mjs';

test('an operator signs in and sees the queues', { timeout: 2 * TIMEOUT_MS, skip }, async (t) => {
  const { token } = await signIn(ADMIN);
  const { page, outside, complaints } = await browse(t);
  await page.goto(`${base}/admin/jobs/`);
  await page.getByLabel('Access token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Queues' }).first().waitFor();
  await page.getByRole('link', { name: 'Queues' }).first().click();
  for (const queue of ['image', 'text', 'video']) await page.getByText(queue, { exact: true }).first().waitFor();
  assert.deepEqual(outside, [], 'requests to elsewhere');
  // The first visit is told to sign in, and a library on the page tries whether it may evaluate strings: it may not.
  const own = complaints.filter((text) => !/401|'script-src' was not explicitly set/.test(text));
  assert.deepEqual(own, [], 'what the browser complained of');
});
