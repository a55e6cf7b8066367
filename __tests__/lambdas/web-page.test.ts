import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { source as axe } from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { overHttp } from '../../lambdas/shared/over-http';
import { handlerBundles } from '../../stacks/handler-bundles';
import { detailsRoute, functions, listRoute, missions } from '../../system';
import { partitionKey } from '../names';
import { chromiumPath, describeWithChromium } from '../ops/review/render/chromium-needed';

type Handler = Parameters<typeof overHttp>[0];
type Item = Readonly<Record<string, unknown>>;

const [, missionStatus, firstVillain, secondVillain] = missions.visibleAttributes;

const superman = {
  [partitionKey]: 'Superman',
  [missionStatus]: 'Accomplished',
  [firstVillain]: 'Lex Luthor',
  Missions: 3,
};
const batman = {
  [partitionKey]: 'Batman',
  [missionStatus]: 'In progress',
  [firstVillain]: 'Joker',
  [secondVillain]: 'Bane',
};
const many = Array.from({ length: 120 }, (_, index) => ({ [partitionKey]: `Hero ${index + 1}` }));
const hostile = {
  [partitionKey]: '"><img src=x onerror=alert(1)><script>alert(2)',
  [missionStatus]: '</style><svg onload=alert(3)>',
  [firstVillain]: 'javascript:alert(4)',
  '<b>Extra</b>': { nested: ['<i>', null, '\u202e'] },
};

/** The package of the page as it is deployed, without what answers HTTP for every function alike. */
let folder: string;
let page: Handler;
/** What the functions behind the API do; each test may put another in their place. */
let items: readonly Item[];
let list: Handler;
let details: Handler;
let server: Server;
let url: string;

beforeAll(async () => {
  const { 'web-page': bundle } = await handlerBundles;
  folder = bundle.direct;
  const before = process.cwd();
  process.chdir(folder);
  try {
    ({ handler: page } = require('../../lambdas/web-page-function'));
  } finally {
    process.chdir(before);
  }
  server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url ?? '', 'http://localhost');
    const path = decodeURIComponent(pathname);
    const [handler, route] = (
      path === '/'
        ? [page, functions['web-page'].route]
        : path === listRoute.get
          ? [list, listRoute]
          : [details, detailsRoute]
    ) as [Handler, Parameters<typeof overHttp>[1]];
    const event = {
      version: '2.0',
      rawPath: path,
      rawQueryString: search.slice(1),
      headers: request.headers,
      requestContext: { http: { method: request.method, path } },
    };
    const context = { awsRequestId: 'request-1', functionName: 'F', getRemainingTimeInMillis: () => 30_000 };
    const answer: any = await overHttp(handler, route)(event, context);
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterAll(() => {
  jest.restoreAllMocks();
  server.close();
  server.closeAllConnections();
});

beforeEach(() => {
  items = [superman, batman];
  list = async (event) => {
    const { limit = items.length, cursor = '0' } = Object(event);
    const end = Number(cursor) + limit;
    return { items: items.slice(Number(cursor), end), ...(end < items.length && { cursor: String(end) }) };
  };
  details = async (event) => ({ Items: items.filter((it) => it[partitionKey] === Object(event).superhero) });
});

const down: Handler = () => Promise.reject(Object.assign(new Error('secret'), { name: 'Unavailable' }));

describe('the package of the page', () => {
  it('is smaller than 30 kB, the SDK not in it', () => {
    const files = readdirSync(folder);
    expect(files.sort()).toEqual(['index.mjs', 'index.mjs.map', 'page.html']);
    const bytes = files.map((file) => statSync(join(folder, file)).size).reduce((sum, size) => sum + size);
    expect(bytes).toBeLessThan(30_000);
  });

  it('is one page that names nothing elsewhere', () => {
    const html = readFileSync(join(folder, 'page.html'), 'utf8');
    expect(html.match(/https?:\/\/[^"'\s]+|url\(|@import|\ssrc=/g)).toBeNull();
    expect(html.match(/<script>|<style>/g)).toEqual(['<style>', '<script>']);
  });

  it('is answered with a policy that lets nothing be run but what is in it', async () => {
    const response = await fetch(url);
    const policy = response.headers.get('content-security-policy') ?? '';

    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}=';/,
    );
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'");
    expect(policy).not.toMatch(/unsafe|\*/);
  });
});

describeWithChromium('the page in a browser', () => {
  let browser: Browser;
  const noise: string[] = [];
  const opened: Page[] = [];

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });
  afterAll(() => browser?.close());
  afterEach(async () => {
    for (const it of opened.splice(0)) await it.close();
  });

  async function open(hash = '', options: BrowserContextOptions = {}): Promise<Page> {
    noise.length = 0;
    const it = await browser.newPage(options);
    opened.push(it);
    it.on('console', (message) => noise.push(message.text()));
    it.on('pageerror', (error) => noise.push(error.message));
    it.on('dialog', (dialog) => {
      noise.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    it.on('request', (request) => {
      if (!request.url().startsWith(url) && !request.url().startsWith('data:')) noise.push(request.url());
    });
    await it.goto(url + hash);
    return it;
  }
  const heroes = (it: Page) => it.locator('#heroes a').allInnerTexts();
  const status = (it: Page, words: string) =>
    it.getByRole('status').getByText(words, { exact: true }).waitFor();

  it('lists what the API answers, and complains of nothing', async () => {
    const it = await open();
    await status(it, '2 heroes');

    expect(await heroes(it)).toEqual(['Superman\nAccomplished', 'Batman\nIn progress']);
    expect(await it.getByText('Choose a hero.').isVisible()).toBe(true);
    expect(noise).toEqual([]);
  });

  it('shows the mission and the villains of a hero, and who is chosen', async () => {
    const it = await open();
    await it.getByRole('link', { name: 'Batman' }).click();
    await it.getByText('Bane').waitFor();

    expect(await it.locator('#mission dt').allInnerTexts()).toEqual([
      'Mission status',
      'Villain 1',
      'Villain 2',
    ]);
    expect(await it.locator('#mission dd').allInnerTexts()).toEqual(['In progress', 'Joker', 'Bane']);
    expect(await it.getByRole('heading', { name: 'Batman' }).isVisible()).toBe(true);
    expect(await it.locator('[aria-current]').allInnerTexts()).toEqual(['Batman\nIn progress']);
    await it.goBack();
    await it.waitForFunction('document.querySelectorAll("[aria-current]").length === 0');
  });

  it('opens a hero by its address, whatever its name is made of', async () => {
    items = [{ [partitionKey]: 'Ünï & Co. 100% 蝙蝠', [missionStatus]: 'Open' }];
    const it = await open(`#${encodeURIComponent('Ünï & Co. 100% 蝙蝠')}`);
    await it.getByRole('heading', { name: 'Ünï & Co. 100% 蝙蝠' }).waitFor();
    await it.locator('#mission dd').getByText('Open').waitFor();
    expect(noise).toEqual([]);
  });

  it('filters by name and state', async () => {
    const it = await open();
    await status(it, '2 heroes');
    await it.getByLabel('Filter').fill('PROG');
    await status(it, '1 of 2 heroes match “PROG”');
    expect(await heroes(it)).toEqual(['Batman\nIn progress']);
    await it.getByLabel('Filter').fill('nobody');
    await status(it, '0 of 2 heroes match “nobody”');
    expect(await heroes(it)).toEqual([]);
    await it.getByLabel('Filter').fill('');
    await status(it, '2 heroes');
  });

  it('loads many page by page, and says how many there are so far', async () => {
    items = many;
    const it = await open();
    await status(it, '50 loaded heroes');
    await it.getByRole('button', { name: 'Load more' }).click();
    await status(it, '100 loaded heroes');
    await it.getByRole('button', { name: 'Load more' }).click();
    await status(it, '120 heroes');
    expect(await it.getByRole('button', { name: 'Load more' }).isVisible()).toBe(false);
    expect((await heroes(it)).at(-1)).toBe('Hero 120');
  });

  it('says that there are none', async () => {
    items = [];
    const it = await open();
    await status(it, 'There are no heroes yet.');
  });

  it('says that it is loading', async () => {
    const answer = list;
    list = async (event, context) => {
      await sleep(1_000);
      return answer(event, context);
    };
    const it = await open();
    await status(it, 'Loading…');
    expect(await it.locator('#heroes').getAttribute('aria-busy')).toBe('true');
    await status(it, '2 heroes');
    expect(await it.locator('#heroes').getAttribute('aria-busy')).toBeNull();
  });

  it('survives an API that fails, and tries again when it is told to', async () => {
    const [answersList, answersDetails] = [list, details];
    [list, details] = [down, down];
    const it = await open('#Superman');
    await it
      .getByRole('alert')
      .getByText('The heroes could not be loaded: the database does not answer (request request-1).')
      .waitFor();
    await it
      .locator('#mission')
      .getByText('The mission could not be loaded: the database does not')
      .waitFor();
    expect(await it.content()).not.toContain('secret');

    [list, details] = [answersList, answersDetails];
    await it.getByRole('alert').getByRole('button', { name: 'Try again' }).click();
    await status(it, '2 heroes');
    await it.locator('#mission').getByRole('button', { name: 'Try again' }).click();
    await it.getByText('Lex Luthor').waitFor();
  });

  it('says that a hero is not there', async () => {
    const it = await open('#Nobody');
    await it.getByText('The mission could not be loaded: there is nothing of that name').waitFor();
  });

  it('is worked by keyboard alone', async () => {
    const it = await open();
    await status(it, '2 heroes');
    const focused = () =>
      it.evaluate<string>('document.activeElement.id || document.activeElement.innerText');
    const places: string[] = [];
    for (let presses = 0; presses < 4; presses += 1) {
      await it.keyboard.press('Tab');
      places.push(await focused());
      expect(await it.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    }
    expect(places).toEqual(['Skip to the heroes', 'filter', 'Superman\nAccomplished', 'Batman\nIn progress']);
    await it.keyboard.press('Enter');
    await it.getByText('Bane').waitFor();
    expect(await focused()).toBe('details-title');
  });

  it('never takes what an item holds for markup', async () => {
    items = [hostile];
    const it = await open(`#${encodeURIComponent(hostile[partitionKey])}`);
    await it.locator('#mission dd').first().waitFor();
    await status(it, '1 hero');

    expect(await it.locator('#heroes a').textContent()).toBe(hostile[partitionKey] + hostile[missionStatus]);
    expect(await it.locator('#mission dd').allTextContents()).toEqual([
      hostile[missionStatus],
      hostile[firstVillain],
      JSON.stringify(hostile['<b>Extra</b>']),
    ]);
    expect(await it.locator('img, svg, b, i, script:not(:last-of-type)').count()).toBe(0);
    expect(await it.locator('#heroes a').getAttribute('href')).toMatch(/^#%22%3E/);
    expect(noise).toEqual([]);
  });

  it('lets no markup or script be made of a text, even by itself', async () => {
    const it = await open();
    const attempt = (script: string) =>
      it.evaluate(`(() => { try { ${script}; return 'done' } catch (error) { return error.name } })()`);
    expect(await attempt('document.body.innerHTML = "<b>x</b>"')).toBe('TypeError');
    expect(await attempt('document.createElement("script").text = "window.ran = 1"')).toBe('TypeError');
  });

  it.each(['light', 'dark'] as const)('has nothing that axe finds, in %s', async (colorScheme) => {
    const findings = async (it: Page) => {
      await it.evaluate(axe);
      const { violations, passes } = await it.evaluate<any>('axe.run()');
      expect(passes.some(({ id }: { id: string }) => id === 'color-contrast')).toBe(true);
      return violations.map(({ id, nodes }: any) => `${id}: ${nodes.map(({ html }: any) => html).join(' ')}`);
    };
    items = many;
    const chosen = await open('#Hero%201', { colorScheme });
    await chosen.getByText('Nothing else is known').waitFor();
    await status(chosen, '50 loaded heroes');
    expect(await findings(chosen)).toEqual([]);
    items = [];
    expect(await findings(await open('', { colorScheme }))).toEqual([]);
    [list, details] = [down, down];
    const broken = await open('#Superman', { colorScheme });
    await broken.locator('#mission').getByRole('button', { name: 'Try again' }).waitFor();
    expect(await findings(broken)).toEqual([]);
  });

  it('fits on a phone without scrolling sideways', async () => {
    items = [{ [partitionKey]: 'X'.repeat(300), [missionStatus]: 'Y'.repeat(300) }, superman];
    const it = await open(`#${'X'.repeat(300)}`, { viewport: { width: 320, height: 700 } });
    await it.locator('#mission dd').waitFor();
    expect(await it.evaluate('document.documentElement.scrollWidth')).toBe(320);
  });
});
