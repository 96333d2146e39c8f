// A real browser, and the notes of what a page does that it should not.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { base, TIMEOUT_MS } from './weav.mjs';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const required = process.env.REQUIRE_SERVICES === '1';

/** Why a test in a browser cannot run here; false when it can. */
export const skip = !executablePath && !required && 'no Chromium found; CHROMIUM names one';

/** Answers an empty page, its sockets, its requests to elsewhere and what it complained of. */
export async function browse(t) {
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
