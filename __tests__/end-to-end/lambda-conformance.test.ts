import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type FunctionConfiguration,
  type FunctionProgram,
  FunctionRunner,
} from '../../local/function-runner';
import { zip } from '../local/aws-fixture';
import { installPackages, nodePackage, nodeProgram } from './install-node';

/** What AWS runs in each runtime; the fourth major version knows no callbacks any more. */
const runtimes = { 'nodejs22.x': 'aws-lambda-ric@3.3.0', 'nodejs24.x': 'aws-lambda-ric@4.0.2' };
type Runtime = keyof typeof runtimes;

const packages = installPackages(
  nodePackage(24),
  `client22@npm:${runtimes['nodejs22.x']}`,
  `client24@npm:${runtimes['nodejs24.x']}`,
);
const node = nodeProgram(packages, 24);
const ours: FunctionProgram = { node, arguments: [join(__dirname, '../../local/function-process.mjs')] };
const clients: Record<Runtime, string> = {
  'nodejs22.x': join(packages, 'client22/dist/index.mjs'),
  'nodejs24.x': join(packages, 'client24/index.mjs'),
};
const theirs = (runtime: Runtime): FunctionProgram => ({
  node,
  arguments: [join(__dirname, 'runtime-client.cjs'), clients[runtime]],
});

interface Case {
  readonly files: Record<string, string>;
  readonly handler?: string;
  readonly events?: readonly string[];
  readonly clientContext?: string;
}

const mjs = (code: string, ...events: string[]): Case => ({ files: { 'index.mjs': code }, events });
const js = (code: string, ...events: string[]): Case => ({ files: { 'index.js': code }, events });
const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

const cases: Record<string, Case> = {
  'answers its event': mjs(
    'export const handler = async (event) => event',
    '{}',
    '{"superhero":"Batman"}',
    'null',
    '"text"',
    '[1,2,{"a":null}]',
    '1e400',
    '0.1',
    '{"__proto__":{"polluted":true},"a":1}',
    '{"a":1,"a":2}',
    '"\\ud800"',
    '"\\u007f\\u2028"',
    ' {"spaces" : true } ',
  ),
  'an event of 5,000 levels': mjs(
    'export const handler = async (event) => { let depth = 0; while (event) { event = event[0]; depth += 1; } return depth; }',
    deep(5_000),
  ),
  'an answer of 100,000 levels': mjs(
    'export const handler = async () => { let value = []; for (let i = 0; i < 100_000; i += 1) value = [value]; return value; }',
  ),
  'the context': mjs(
    'export const handler = async (_event, context) => Object.entries({ ...context, logStreamName: "", getRemainingTimeInMillis: context.getRemainingTimeInMillis() > 2_000 }).sort()',
  ),
  'a client context': {
    ...mjs('export const handler = async (_event, context) => context.clientContext'),
    clientContext: '{"client":{"installation_id":"x"},"custom":{"a":"é"}}',
  },
  'keeps its state': mjs('let calls = 0; export const handler = async () => (calls += 1)', '{}', '{}', '{}'),
  'answers undefined': mjs('export const handler = async () => {}'),
  'answers NaN, dates and what has toJSON': mjs(
    'export const handler = async () => [NaN, new Date(0), { toJSON: () => "json" }, new Map([[1, 2]]), undefined]',
  ),
  'answers a BigInt': mjs('export const handler = async () => 1n'),
  'answers what refers to itself': mjs(
    'export const handler = async () => { const it = {}; it.it = it; return it; }',
  ),
  'a toJSON that throws': mjs('export const handler = async () => ({ toJSON() { throw new Error("no"); } })'),
  'throws an error': mjs(
    'export const handler = async () => { throw new TypeError("no such hero"); }',
    '{}',
    '{}',
  ),
  'throws an error of a class of its own': mjs(
    'class NoHero extends Error { name = "NoHero"; code = "E_HERO"; detail = { a: 1 }; } export const handler = async () => { throw new NoHero("gone"); }',
  ),
  'throws an error with a cause': mjs(
    'export const handler = async () => { throw new Error("outer", { cause: new Error("inner") }); }',
  ),
  'throws many errors in one': mjs(
    'export const handler = async () => { throw new AggregateError([new Error("a"), new Error("b")], "both"); }',
  ),
  'throws an error without a stack': mjs(
    'export const handler = async () => { const error = new Error("bare"); error.stack = undefined; throw error; }',
  ),
  'throws an error with control characters': mjs(
    'export const handler = async () => { throw new Error("a\\x7Fb\\nc"); }',
  ),
  'throws a text': mjs('export const handler = async () => { throw "plain text"; }'),
  'throws a number': mjs('export const handler = async () => { throw 42; }'),
  'throws an object': mjs('export const handler = async () => { throw { code: 1 }; }'),
  'throws null': mjs('export const handler = async () => { throw null; }'),
  'throws nothing': mjs('export const handler = async () => { throw undefined; }'),
  'throws at once': mjs('export const handler = () => { throw new RangeError("at once"); }'),
  'prints to all of the console': mjs(
    'export const handler = async () => { console.log("a", { b: 1 }, [2]); console.info("%s is %d", "x", 3); console.debug("d"); console.warn("w"); console.error(new Error("printed").message); console.trace("t"); process.stdout.write("raw\\n"); process.stderr.write("raw error\\n"); }',
  ),
  'prints while it loads': mjs(
    'console.log("loading"); export const handler = async () => { console.log("called"); }',
  ),
  'prints several lines in one': mjs('export const handler = async () => { console.log("a\\nb"); }'),
  'leaves a rejection behind': mjs(
    'export const handler = async () => { Promise.reject(new Error("forgotten")); await new Promise((done) => setTimeout(done, 1_000)); }',
  ),
  'leaves a rejected text behind': mjs(
    'export const handler = async () => { Promise.reject("forgotten"); await new Promise((done) => setTimeout(done, 1_000)); }',
  ),
  'throws later': mjs(
    'export const handler = async () => { setTimeout(() => { throw new RangeError("later"); }, 10); await new Promise((done) => setTimeout(done, 1_000)); }',
  ),
  'exits with 7': mjs('export const handler = async () => process.exit(7)', '{}', '{}'),
  'exits with 0': mjs('export const handler = async () => process.exit(0)'),
  'is ended by a signal': mjs(
    'export const handler = async () => process.kill(process.pid, "SIGTERM") && new Promise(() => {})',
  ),
  'is aborted': mjs('export const handler = async () => process.abort()'),
  'takes too long': mjs('export const handler = async () => new Promise((done) => setTimeout(done, 60_000))'),
  'never comes back': mjs('export const handler = async () => { for (;;); }'),
  'is not a promise': mjs('export const handler = () => 5'),
  'is a thenable': mjs('export const handler = () => ({ then: (done) => done("then") })'),
  'calls back': js(
    'exports.handler = (event, context, callback) => { setTimeout(() => callback(null, { ok: 1 }), 10); };',
    '{}',
    '{}',
  ),
  'calls back with an error': js(
    'exports.handler = (event, context, callback) => callback(new TypeError("back"));',
  ),
  'calls back with a text': js('exports.handler = (event, context, callback) => callback("text");'),
  'calls back twice': js(
    'exports.handler = (event, context, callback) => { callback(null, 1); callback(null, 2); };',
  ),
  'calls back, and has more to do': js(
    'exports.handler = (event, context, callback) => { setTimeout(() => console.log("more"), 50); callback(null, 1); };',
  ),
  'calls back without waiting': js(
    'exports.handler = (event, context, callback) => { context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => {}, 60_000); callback(null, 1); };',
    '{}',
    '{}',
  ),
  'takes a callback, and promises': js('exports.handler = async (event, context, callback) => "promised";'),
  'says done': js('exports.handler = (event, context) => { context.done?.(null, "done"); };'),
  'succeeds and fails': js(
    'exports.handler = ({ ok }, context) => { ok ? context.succeed("well") : context.fail(new Error("badly")); };',
    '{"ok":true}',
    '{"ok":false}',
  ),
  'has nothing left to do': js('exports.handler = () => { setTimeout(() => {}, 20); };', '{}', '{}'),
  'is not there': mjs('export const other = 1'),
  'is not a function': mjs('export const handler = 5'),
  'is in no module': { files: { 'index.mjs': '' }, handler: 'other.handler' },
  'has a name without a dot': { files: { 'index.mjs': '' }, handler: 'handler' },
  'has a name that leads out': { files: { 'index.mjs': '' }, handler: '../index.handler' },
  'is in a folder': {
    files: { 'src/app.mjs': 'export const go = async () => "found"' },
    handler: 'src/app.go',
  },
  'is deep in a module': {
    files: { 'api.mjs': 'export const hero = { get: async () => "found" }' },
    handler: 'api.hero.get',
  },
  'is of a class': {
    files: { 'api.cjs': 'module.exports = new (class { async get() { return "found"; } })()' },
    handler: 'api.get',
  },
  'is exported by CommonJS': js('module.exports = Object.assign({}, { handler: async () => "found" })'),
  'is in ECMAScript by package.json': {
    files: {
      'index.js': 'export const handler = async () => import.meta.url.endsWith("index.js")',
      'package.json': '{"type":"module"}',
    },
  },
  'is a property of the default export': mjs('export default { handler: async () => "default" }'),
  'throws while it loads': mjs('throw new Error("at load")'),
  'throws a text while it loads': mjs('throw "at load"'),
  'is a syntax error': mjs('export const = 1'),
  'is a syntax error of CommonJS': js('exports.handler = ('),
  'imports what is not there': mjs('import "no-such-package"; export const handler = async () => 1'),
  'requires what is not there': js('require("no-such-package"); exports.handler = async () => 1;'),
  'exits while it loads': mjs('process.exit(3)'),
  'awaits while it loads': mjs(
    'await new Promise((done) => setTimeout(done, 50)); export const handler = async () => "loaded"',
  ),
};

/** Where we differ, and why. */
const differences: Partial<Record<`${Runtime}: ${keyof typeof cases}`, string>> = {
  'nodejs22.x: throws an error without a stack': 'Lambda loses its name and message',
  'nodejs22.x: calls back with a text': 'the trace in the log that Lambda makes of it',
};

describe.each(Object.keys(runtimes) as Runtime[])('a function of %s', (runtime) => {
  test.each(Object.keys(cases))('%s', async (name) => {
    const right = await runCase(runtime, theirs(runtime), cases[name] as Case);
    const got = await runCase(runtime, ours, cases[name] as Case);

    const difference = differences[`${runtime}: ${name}`];
    if (difference) expect(got).not.toEqual(right);
    else expect(got).toEqual(right);
  });
});

async function runCase(
  runtime: Runtime,
  program: FunctionProgram,
  { files, handler = 'index.handler', events = [], clientContext }: Case,
) {
  const printed: string[] = [];
  const runner = new FunctionRunner('http://127.0.0.1:9', (text) => printed.push(String(text)), program);
  const code = zip(files);
  runner.keepCode(code);
  const configuration: FunctionConfiguration = {
    FunctionName: 'hero',
    FunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:hero',
    Version: '$LATEST',
    Runtime: runtime,
    Handler: handler,
    MemorySize: 128,
    Timeout: 3,
    CodeSha256: createHash('sha256').update(code).digest('base64'),
  };
  const answers = [];
  for (const [index, event] of (events.length > 0 ? events : ['{}']).entries()) {
    const requestId = `00000000-0000-0000-0000-00000000000${index}`;
    const { payload, failed } = await runner.invoke(configuration, { event, requestId, clientContext });
    answers.push({ payload: mask(payload), failed });
  }
  await runner.stop();
  return { answers, log: mask(printed.join('')).split('\n') };
}

/**
 * Without what differs from run to run, what Node.js itself prints of a crash, and the names and lines of the client's own code
 * in traces. Where it has a log of its own, the client keeps a message of several lines together; on standard output it writes
 * carriage returns.
 */
function mask(text: string): string {
  return text
    .replaceAll(/(file:\/\/)?\/[^\s"'()]*\/task-\w+/g, '/var/task')
    .replaceAll(/\/[^\s"'()]*\/(client2\d|local)\/[^\s"'()\\]*/g, '/var/runtime')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/ at \w+\.handler \(/g, ' at handler (')
    .replaceAll(/,?"\s+at (?!(?:[^"\\]|\\.)*\/var\/task)(?:[^"\\]|\\.)*"/g, '')
    .replaceAll('\r', '\n')
    .replaceAll(/\n\s+at (?!.*\/var\/task).*/g, '')
    .replaceAll(/node:internal\/process\/promises[\s\S]*?\nNode\.js v.*\n/g, '')
    .replaceAll(/^(START|END|REPORT| *\d+:) .*\n/gm, '');
}
