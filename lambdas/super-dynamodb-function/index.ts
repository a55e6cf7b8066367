import { missions } from '../../system';
import { defineHandler, type Invocation } from '../shared/define-handler';
import { ResponseTooLarge } from '../shared/errors';
import { invalid, readCursor, readFields, writeCursor } from '../shared/event';
import { type Item, type Paging, scanPages } from '../shared/read-table';

/** One page of the table's items, and the cursor of the next unless the table ends here. */
export interface PageAnswer {
  readonly items: readonly Item[];
  readonly cursor?: string;
}

/**
 * Answer all items of the table as a list, or, where the event has `limit` or `cursor`, one page of them.
 * Other fields of the event are ignored.
 */
export const handler = defineHandler(async (event, invocation): Promise<readonly Item[] | PageAnswer> => {
  const { limit, cursor } = readFields(event);
  if (limit === undefined && cursor === undefined) return listAll(invocation);
  const paging = {
    limit: limit === undefined ? defaultLimit : readLimit(limit),
    ...(cursor !== undefined && { startKey: readCursor('event.cursor', cursor, missions) }),
  };
  return readPage(paging, invocation);
});

/**
 * The largest answer of a synchronous invocation.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const maxAnswerBytes = 6_291_556;

const maxLimit = 1_000;
const defaultLimit = 100;

function readLimit(limit: unknown): number {
  if (Number.isInteger(limit) && Number(limit) >= 1 && Number(limit) <= maxLimit) return Number(limit);
  throw invalid('event.limit', 'not a page size', limit, `an integer from 1 to ${maxLimit}`);
}

async function listAll(invocation: Invocation): Promise<readonly Item[]> {
  const pages: (readonly Item[])[] = [];
  let answerBytes = '['.length;
  for await (const { items } of scanPages(missions, {}, invocation)) {
    // In the list of all items one comma or bracket follows each page, in place of the page's own two brackets.
    answerBytes += jsonBytes(items) - 1;
    if (answerBytes > maxAnswerBytes) {
      throw new ResponseTooLarge(
        `all items together exceed ${maxAnswerBytes} bytes; ask for pages with "limit" and the "cursor" of the page before`,
      );
    }
    pages.push(items);
  }
  return pages.flat();
}

async function readPage(paging: Paging, invocation: Invocation): Promise<PageAnswer> {
  for await (const { items, lastKey } of scanPages(missions, paging, invocation)) {
    const answer = { items, ...(lastKey && { cursor: writeCursor(lastKey) }) };
    if (jsonBytes(answer) > maxAnswerBytes) {
      throw new ResponseTooLarge(`the page exceeds ${maxAnswerBytes} bytes; ask for it with a smaller limit`);
    }
    return answer;
  }
  return { items: [] };
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
