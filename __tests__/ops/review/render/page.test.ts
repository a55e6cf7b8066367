import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { htmlOf } from '../../../../ops/review/render/html';
import { review } from '../../../../ops/review/review';
import { readPlan } from '../../../../ops/terraform/plan-json';
import { stackPlanOf } from '../golden-set';
import { largePlan } from '../large-plan';
import { chromiumPath, describeWithChromium } from './chromium-needed';

const golden = (kind: string) => stackPlanOf(kind, kind);
const pages = {
  golden: htmlOf(
    review(
      ['table-replaced', 'lab-access', 'deletion-protection-off', 'code-changed', 'items-restored'].map(
        golden,
      ),
    ),
  ),
  hostile: htmlOf(review([golden('hostile-names')])),
  large: htmlOf(review([{ stack: 'large', plan: readPlan(JSON.stringify(largePlan(1_000)), 'plan') }])),
  empty: htmlOf(review([golden('no-changes')])),
};
const phone = { viewport: { width: 360, height: 780 } };

describeWithChromium('the page in a browser', () => {
  const folder = mkdtempSync(join(tmpdir(), 'review-page-'));
  let browser: Browser;
  const noise: string[] = [];

  beforeAll(async () => {
    for (const [name, html] of Object.entries(pages)) writeFileSync(join(folder, `${name}.html`), html);
    browser = await chromium.launch({
      executablePath: chromiumPath as string,
      args: ['--no-sandbox', '--disable-gpu'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  /** The page, with note taken of everything that it asks for or complains of. */
  async function open(name: keyof typeof pages, options: BrowserContextOptions = {}): Promise<Page> {
    noise.length = 0;
    const page = await browser.newPage(options);
    const url = pathToFileURL(join(folder, `${name}.html`)).href;
    page.on('request', (request) => {
      if (request.url() !== url && request.url() !== 'data:,') noise.push(`request: ${request.url()}`);
    });
    page.on('console', (message) => noise.push(`console: ${message.text()}`));
    page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
    await page.goto(url);
    return page;
  }

  it.each(Object.keys(pages) as (keyof typeof pages)[])(
    'asks for nothing and complains of nothing: %s',
    async (name) => {
      const page = await open(name);
      await page.waitForLoadState('networkidle');
      expect(noise).toEqual([]);
      await page.close();
    },
  );

  it.each(Object.keys(pages) as (keyof typeof pages)[])(
    'fits on a phone without scrolling sideways: %s',
    async (name) => {
      const page = await open(name, phone);
      await page.evaluate(`document.querySelectorAll('details').forEach((it) => { it.open = true; })`);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(phone.viewport.width);
      await page.close();
    },
  );

  it('is light or dark as the reader has it, with text that can be read', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open('golden', { colorScheme });
      const lightness = (value: unknown) => {
        const [r = 0, g = 0, b = 0] = String(value).match(/\d+/g)?.map(Number) ?? [];
        return r + g + b;
      };
      const colour = (selector: string, name: string) =>
        page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${name}`).then(lightness);
      const [paper, ink] = [await colour('body', 'backgroundColor'), await colour('body', 'color')];
      const [box, letters] = [await colour('.node rect', 'fill'), await colour('.node .name', 'fill')];

      expect(colorScheme === 'light' ? paper > ink : paper < ink).toBe(true);
      for (const [back, front] of [
        [paper, ink],
        [box, letters],
      ] as const)
        expect(Math.abs(back - front)).toBeGreaterThan(400);
      await page.close();
    }
  });

  it('is reached and opened by keyboard alone, section by section', async () => {
    const page = await open('golden');
    const sections = await page.locator('.section').count();
    const seen = new Set<string>();
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the findings');
    for (let presses = 0; presses < 200 && seen.size < sections; presses += 1) {
      await page.keyboard.press('Tab');
      const id = await page.evaluate<string>(
        `document.activeElement.matches('.section > summary') ? document.activeElement.parentElement.id : ''`,
      );
      if (id === '' || seen.has(id)) continue;
      seen.add(id);
      const isOpen = () => page.evaluate<boolean>(`document.getElementById('${id}').open`);
      const before = await isOpen();
      await page.keyboard.press('Enter');
      expect(await isOpen()).toBe(!before);
      expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).toBe('solid');
      if (before) await page.keyboard.press('Space');
      expect(await isOpen()).toBe(true);
    }
    expect(seen.size).toBe(sections);
    expect(sections).toBeGreaterThan(6);
    await page.close();
  });

  it('has its landmarks, and each finding in them', async () => {
    const page = await open('golden');
    for (const landmark of ['banner', 'navigation', 'main', 'contentinfo'] as const) {
      expect(await page.getByRole(landmark).count()).toBe(1);
    }
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toMatch(/^Destroys data: /);
    expect(await page.getByRole('img', { name: /changed resources/ }).count()).toBeGreaterThan(2);
    await page.close();
  });

  it('shows names that are meant to break it as they are', async () => {
    const page = await open('hostile');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('.findings').first().textContent()).toContain('<img src=x onerror=alert(1)>');
    await page.close();
  });
});
