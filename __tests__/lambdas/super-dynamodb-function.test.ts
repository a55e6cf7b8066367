// What the notebook's function answers, with its names written out as it writes them.
import { randomBytes } from 'node:crypto';
import { handler, type PageAnswer } from '../../lambdas/super-dynamodb-function';
import {
  asJson,
  captureLog,
  createContext,
  type LocalTable,
  requestId,
  startLocalTable,
  tableName,
} from './local-table';

const maxAnswerBytes = 6_291_556;
const context = () => createContext('SuperDynamoDBFunction');
let table: LocalTable;
let log: ReturnType<typeof captureLog>;

beforeAll(async () => {
  table = await startLocalTable();
});

afterAll(() => table.stop());

beforeEach(() => {
  log = captureLog();
  table.proxy.reset();
  process.env.TABLE_NAME = tableName;
});

const superMissions = [
  {
    SuperHero: 'Captain America',
    SuperMission: 'Save the world',
    SuperPower: 'Super strength',
    SuperWeapon: 'Shield',
    Villain1: 'Red Skull',
    Villain2: 'Hydra',
  },
  {
    SuperHero: 'Batman',
    SuperMission: 'Save Gotham City',
    SuperPower: 'Super intelligence',
    SuperWeapon: 'Utility belt',
    Villain1: 'Joker',
    Villain2: 'Two-Face',
    Villain3: 'Penguin',
  },
  {
    SuperHero: 'Spiderman',
    SuperMission: 'Catch the bad guys',
    SuperPower: 'Super agility',
    SuperWeapon: 'Spider web',
    Villain1: 'Green Goblin',
    Villain2: 'Venom',
  },
  {
    SuperHero: 'Ironman',
    SuperMission: 'Save the world',
    SuperPower: 'Super intelligence',
    SuperWeapon: 'Mark 50',
    Villain1: 'Mandarin',
    Villain2: 'Whiplash',
    Villain3: 'Ultron',
  },
  {
    SuperHero: 'Superman',
    SuperMission: 'Save the world',
    SuperPower: 'Super strength',
    SuperWeakness: 'Kryptonite',
    SuperWeapon: 'Laser eyes',
    Villain1: 'Lex Luthor',
    Villain2: 'Brainiac',
    Villain3: 'Darkseid',
    Villain4: 'Bizarro',
  },
];

describe('the whole table', () => {
  it.each([{ superhero: 'Superman' }, {}, { Limit: 1, unknown: [] }])(
    'is answered as a list for %j',
    async (event) => {
      expect(await asJson(handler(event, context()))).toEqual(superMissions);
    },
  );

  it('is read to its last page, past pages without items', async () => {
    const items = createItems(30, 100_000);
    await table.createTable('ThreeMegabytes', items);
    process.env.TABLE_NAME = 'ThreeMegabytes';
    table.proxy.next('emptyPage', 'emptyPage');

    const answer = (await asJson(handler({}, context()))) as HeroItem[];

    expect(heroes(answer)).toEqual(heroes(items.map(({ SuperHero }) => ({ SuperHero: SuperHero.S }))));
    expect(table.proxy.seen.length).toBeGreaterThanOrEqual(5);
    const line = JSON.parse(log.lines[0] ?? '');
    expect(line).toMatchObject({ outcome: 'ok', pages: table.proxy.seen.length, items: 30 });
    // Half a unit for every 4 KB, so that no single page of 1 MB costs as much.
    expect(line.readCapacityUnits).toBeGreaterThan(300);
  });

  it('fails when the event is not an object', async () => {
    expect(await asJson(handler('all', context()))).toEqual({
      code: 'InvalidEvent',
      message: 'event: not an object, got "all"; expected an object',
      requestId,
    });
    expect(table.proxy.seen).toEqual([]);
  });
});

describe('an answer as large as Lambda can return', () => {
  const count = 16;
  const overheadBytes = JSON.stringify(
    createItems(count, 0).map(({ SuperHero }) => ({ SuperHero: SuperHero.S, Story: '' })),
  ).length;
  const storyBytes = Math.floor((maxAnswerBytes - overheadBytes) / count);
  const restBytes = maxAnswerBytes - overheadBytes - storyBytes * count;

  async function createTableOf(name: string, extraBytes: number): Promise<void> {
    const items = createItems(count, storyBytes).map((item, index) =>
      index === 0 ? { ...item, Story: { S: 'x'.repeat(storyBytes + restBytes + extraBytes) } } : item,
    );
    await table.createTable(name, items);
    process.env.TABLE_NAME = name;
  }

  it('is returned whole', async () => {
    await createTableOf('LargestAnswer', 0);

    expect(JSON.stringify(await handler({}, context()))).toHaveLength(maxAnswerBytes);
  });

  it('fails when it is one byte larger, and names the paging', async () => {
    await createTableOf('TooLargeAnswer', 1);

    expect(await asJson(handler({}, context()))).toEqual({
      code: 'ResponseTooLarge',
      message: `all items together exceed ${maxAnswerBytes} bytes; ask for pages with "limit" and the "cursor" of the page before`,
      requestId,
    });
  });
});

describe('a table of 12 MB', () => {
  const items = createItems(300, 40_000);

  beforeAll(() => table.createTable('TwelveMegabytes', items));

  beforeEach(() => {
    process.env.TABLE_NAME = 'TwelveMegabytes';
  });

  it.each([{ limit: 7 }, { limit: 1_000 }])(
    'is read whole through cursors with $limit items a page, each item once',
    async ({ limit }) => {
      const seen: HeroItem[] = [];
      let cursor: string | undefined;
      do {
        const page = (await asJson(handler({ limit, ...(cursor && { cursor }) }, context()))) as PageAnswer;
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...(page.items as unknown as HeroItem[]));
        cursor = page.cursor;
      } while (cursor);

      expect(seen).toHaveLength(items.length);
      expect(heroes(seen)).toEqual(heroes(items.map(({ SuperHero }) => ({ SuperHero: SuperHero.S }))));
    },
  );

  it('fails when it is asked for at once, and is read no further than known', async () => {
    expect(await asJson(handler({}, context()))).toMatchObject({ code: 'ResponseTooLarge' });
    expect(table.proxy.seen.length).toBeLessThan(9);
    expect(JSON.parse(log.lines[0] ?? '')).toMatchObject({ outcome: 'ResponseTooLarge' });
  });

  it('fails when one page grows larger as JSON than Lambda can return', async () => {
    await table.createTable(
      'ControlCharacters',
      createItems(3, 0).map((item) => ({ ...item, Story: { S: '\u0001'.repeat(350_000) } })),
    );
    process.env.TABLE_NAME = 'ControlCharacters';

    expect(await asJson(handler({ limit: 3 }, context()))).toEqual({
      code: 'ResponseTooLarge',
      message: `the page exceeds ${maxAnswerBytes} bytes; ask for it with a smaller limit`,
      requestId,
    });
    expect(await asJson(handler({ limit: 2 }, context()))).toMatchObject({ items: [{}, {}] });
  });
});

describe('pages', () => {
  it('hold at most the limit, and a cursor while there is more', async () => {
    const first = (await asJson(handler({ limit: 2 }, context()))) as PageAnswer;
    const second = (await asJson(handler({ limit: 2, cursor: first.cursor }, context()))) as PageAnswer;
    const third = await asJson(handler({ limit: 2, cursor: second.cursor }, context()));

    expect(first).toEqual({ items: superMissions.slice(0, 2), cursor: expect.any(String) });
    expect(second).toEqual({ items: superMissions.slice(2, 4), cursor: expect.any(String) });
    expect(third).toEqual({ items: superMissions.slice(4) });
  });

  it('have 100 items where the event has a cursor only', async () => {
    const { cursor } = (await asJson(handler({ limit: 4 }, context()))) as PageAnswer;

    expect(await asJson(handler({ cursor }, context()))).toEqual({ items: superMissions.slice(4) });
    expect(table.proxy.seen[1]?.body.Limit).toBe(100);
  });

  it('skip pages of the database without items', async () => {
    const { cursor } = (await asJson(handler({ limit: 3 }, context()))) as PageAnswer;
    table.proxy.next('emptyPage', 'emptyPage');

    expect(await asJson(handler({ limit: 2, cursor }, context()))).toMatchObject({
      items: superMissions.slice(3),
    });
  });

  it('end with an empty one where the last item ended the page before', async () => {
    const { cursor } = (await asJson(handler({ limit: 5 }, context()))) as PageAnswer;

    expect(await asJson(handler({ limit: 5, cursor }, context()))).toEqual({ items: [] });
  });

  it.each([0, -1, 1_001, 1.5, '10', null, true, [1], {}, 1e300])('fails when limit is %j', async (limit) => {
    expect(await asJson(handler({ limit }, context()))).toEqual({
      code: 'InvalidEvent',
      message: `event.limit: not a page size, got ${JSON.stringify(limit)}; expected an integer from 1 to 1000`,
      requestId,
    });
    expect(table.proxy.seen).toEqual([]);
  });

  it.each([
    ['a number', 7, 'not a cursor'],
    ['null', null, 'not a cursor'],
    ['empty', '', 'not a cursor'],
    ['not base64url', '{}', 'not a cursor'],
    ['of no JSON', encode('Batman'), 'not a cursor'],
    ['of no object', encode('"Batman"'), 'not a cursor'],
    ['of null', encode('null'), 'not a cursor'],
    ['of a list', encode('["Batman"]'), 'not a cursor'],
    ['of another key', encode('{"Villain1":"Joker"}'), 'not a cursor'],
    ['of a key and more', encode('{"SuperHero":"Batman","Villain1":"Joker"}'), 'not a cursor'],
    ['of a key that is no string', encode('{"SuperHero":7}'), 'not a string'],
    ['of an empty key', encode('{"SuperHero":""}'), 'empty'],
    ['of too long a key', encode(`{"SuperHero":"${'x'.repeat(2_049)}"}`), 'too long'],
    ['of half a surrogate pair', encode('{"SuperHero":"\\ud83d"}'), 'half a surrogate pair'],
    ['padded', `${encode('{"SuperHero":"Batman"}')}==`, 'not a cursor'],
    ['cut', encode('{"SuperHero":"Batman"}').slice(0, -4), 'not a cursor'],
  ])('fails when cursor is %s', async (_case, cursor, what) => {
    expect(await asJson(handler({ cursor }, context()))).toEqual({
      code: 'InvalidEvent',
      message: expect.stringMatching(new RegExp(`^event\\.cursor: ${what}, got .+; expected .+$`)),
      requestId,
    });
    expect(table.proxy.seen).toEqual([]);
  });

  it('may start at a key of 2048 bytes', async () => {
    const cursor = encode(`{"SuperHero":"${'x'.repeat(2_048)}"}`);

    expect(await asJson(handler({ cursor }, context()))).toMatchObject({ items: expect.any(Array) });
  });
});

interface HeroItem {
  readonly SuperHero: string;
}

function createItems(count: number, storyBytes: number) {
  return Array.from({ length: count }, (_, index) => ({
    SuperHero: { S: `Hero ${String(index).padStart(4, '0')}` },
    Story: {
      S: randomBytes(storyBytes / 2)
        .toString('hex')
        .padEnd(storyBytes, '0'),
    },
  }));
}

function heroes(items: readonly HeroItem[]): string[] {
  return items.map(({ SuperHero }) => SuperHero).sort();
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}
