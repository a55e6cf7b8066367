import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { defineHandler } from '../shared/define-handler';

/** Answer the page, in which style and script are; the functions that it asks are others. */
export const handler = defineHandler(async () => response);

/** Put beside the handler when it is bundled. */
const html = readFileSync('page.html', 'utf8');

/** What of the page may be run: exactly what is in it, so whatever gets into it later is only text. */
const policy = [
  "default-src 'none'",
  `script-src ${hashesOf('script')}`,
  `style-src ${hashesOf('style')}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const response = {
  statusCode: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    'referrer-policy': 'no-referrer',
  },
  body: html,
};

function hashesOf(element: string): string {
  const contents = [...html.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))];
  return contents
    .map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
    .join(' ');
}
