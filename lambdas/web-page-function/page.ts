import { detailsRoute, listRoute, missions } from '../../system';

/** An item as the API answers it. */
type Item = Readonly<Record<string, unknown>>;

interface Page {
  readonly items: readonly Item[];
  readonly cursor?: string;
}

const pageSize = 50;
const answerLimitMs = 35_000;

const [nameAttribute, statusAttribute] = missions.visibleAttributes;

const element = <T extends HTMLElement = HTMLElement>(id: string) => document.getElementById(id) as T;
const [list, status, problem, mission] = ['heroes', 'status', 'problem', 'mission'].map((id) =>
  element(id),
) as [HTMLElement, HTMLElement, HTMLElement, HTMLElement];
const title = element('details-title');
const filter = element<HTMLInputElement>('filter');
const more = element<HTMLButtonElement>('more');

/** Whatever an item holds is text: no function here takes markup, and the page's policy allows none. */
function make(tag: string, content: string | readonly Node[] = [], className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.append(...(typeof content === 'string' ? [content] : content));
  if (className) made.className = className;
  return made;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const nameOf = (item: Item) => textOf(item[nameAttribute]);
const labelOf = (attribute: string) =>
  attribute.replace(/(?<=[a-z])(?=[A-Z\d])/g, ' ').replace(/(?<= )[A-Z](?=[a-z])/g, (it) => it.toLowerCase());

/** @throws Error with words for the reader */
async function ask(path: string, cancel?: AbortSignal): Promise<Page> {
  const limit = AbortSignal.timeout(answerLimitMs);
  const signal = cancel ? AbortSignal.any([cancel, limit]) : limit;
  const response = await fetch(path, { headers: { accept: 'application/json' }, signal }).catch(() => {
    throw new Error('no answer; is there a connection?');
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { message = `status ${response.status}`, requestId } = answer;
  throw new Error(requestId ? `${message} (request ${requestId})` : message);
}

/** Say what went wrong, and offer to try again. */
function showProblem(place: HTMLElement, what: string, error: unknown, retry: () => void): void {
  const button = make('button', 'Try again') as HTMLButtonElement;
  button.type = 'button';
  button.addEventListener('click', retry);
  place.replaceChildren(make('p', `${what}: ${(error as Error).message}.`, 'problem'), button);
}

let heroes: Item[] = [];
let cursor: string | undefined;
let isLoading = false;

async function loadMore(): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  problem.replaceChildren();
  list.setAttribute('aria-busy', 'true');
  status.textContent = 'Loading…';
  more.disabled = true;
  const query = new URLSearchParams({ limit: String(pageSize), ...(cursor !== undefined && { cursor }) });
  try {
    const page = await ask(`${listRoute.get}?${query}`);
    heroes = [...heroes, ...page.items];
    cursor = page.cursor;
    showHeroes();
  } catch (error) {
    status.textContent = '';
    showProblem(problem, 'The heroes could not be loaded', error, () => void loadMore());
  } finally {
    isLoading = false;
    list.removeAttribute('aria-busy');
    more.disabled = false;
    more.hidden = cursor === undefined;
  }
}

function showHeroes(): void {
  const wanted = filter.value.trim().toLocaleLowerCase();
  const matching = heroes.filter((item) =>
    [item[nameAttribute], item[statusAttribute]].some((it) =>
      textOf(it).toLocaleLowerCase().includes(wanted),
    ),
  );
  list.replaceChildren(...matching.map(heroLine));
  markChosen();
  const loaded = `${heroes.length}${cursor === undefined ? '' : ' loaded'}`;
  if (heroes.length === 0) status.textContent = 'There are no heroes yet.';
  else if (wanted === '') status.textContent = heroes.length === 1 ? '1 hero' : `${loaded} heroes`;
  else status.textContent = `${matching.length} of ${loaded} heroes match “${filter.value.trim()}”`;
}

function heroLine(item: Item): HTMLElement {
  const link = make('a', nameOf(item)) as HTMLAnchorElement;
  link.href = `#${encodeURIComponent(nameOf(item))}`;
  if (item[statusAttribute] !== undefined) link.append(make('span', textOf(item[statusAttribute])));
  return make('li', [link]);
}

/** The name that the address of the page holds. */
function chosenName(): string | undefined {
  try {
    return location.hash === '#main' ? undefined : decodeURIComponent(location.hash.slice(1)) || undefined;
  } catch {
    return undefined;
  }
}

function markChosen(): void {
  for (const link of list.querySelectorAll('a')) {
    if (link.hash === location.hash && chosenName() !== undefined) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

let opening = new AbortController();

async function open(): Promise<void> {
  const name = chosenName();
  markChosen();
  if (name === undefined) return;
  opening.abort();
  opening = new AbortController();
  const { signal } = opening;
  title.textContent = name;
  mission.replaceChildren(make('p', 'Loading…'));
  mission.setAttribute('aria-busy', 'true');
  try {
    const path = detailsRoute.get.replace('{superhero}', () => encodeURIComponent(name));
    const { items } = await ask(path, signal);
    if (!signal.aborted) mission.replaceChildren(...items.map(detailsOf));
  } catch (error) {
    if (!signal.aborted) showProblem(mission, 'The mission could not be loaded', error, () => void open());
  }
  if (signal.aborted) return;
  mission.removeAttribute('aria-busy');
  title.focus();
}

/** Attributes in the order of the declaration, then the rest by name. */
function detailsOf(item: Item): HTMLElement {
  const known: readonly string[] = missions.visibleAttributes;
  const rest = Object.keys(item)
    .filter((it) => !known.includes(it))
    .sort();
  const shown = [...known, ...rest].filter((it) => it !== nameAttribute && Object.hasOwn(item, it));
  const rows = shown.flatMap((it) => [make('dt', labelOf(it)), make('dd', textOf(item[it]))]);
  return rows.length > 0 ? make('dl', rows) : make('p', 'Nothing else is known of this hero.');
}

filter.addEventListener('input', showHeroes);
more.addEventListener('click', () => void loadMore());
addEventListener('hashchange', () => void open());
void loadMore();
void open();
