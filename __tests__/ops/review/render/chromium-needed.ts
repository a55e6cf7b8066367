import { existsSync } from 'node:fs';

/** Debian's and other systems' names of the browser. */
const programs = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const chromiumPath = programs.find(existsSync);

/** A `describe` for what needs a browser: without one a failure in CI, else skipped under a name that says so. */
export const describeWithChromium: (name: string, body: () => void) => void = (name, body) => {
  const needs = `needs one of ${programs.join(', ')}`;
  if (chromiumPath) describe(name, body);
  else if (!process.env.CI) describe.skip(`${name} (${needs})`, body);
  else
    test(`${name} ${needs}`, () => {
      throw new Error(needs);
    });
};
