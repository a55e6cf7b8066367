/** Type of a key attribute as DynamoDB writes it: string, number or binary. */
export type KeyType = 'S' | 'N' | 'B';

/** The types of a primary key's attributes by their names: the partition key, then the sort key if there is one. */
export type TableKey = Readonly<Record<string, KeyType>>;

export interface KeyAttribute {
  readonly name: string;
  readonly type: KeyType;
}

export interface KeySchema {
  readonly partitionKey: KeyAttribute;
  readonly sortKey?: KeyAttribute;
}

export function keySchema(key: TableKey): KeySchema {
  const [partitionKey, sortKey] = Object.entries(key).map(([name, type]) => ({ name, type }));
  return { partitionKey: partitionKey as KeyAttribute, ...(sortKey && { sortKey }) };
}

/** A secondary index. In a provisioned table it has units of its own, as many as the table. */
export interface Index {
  readonly key: TableKey;
  /** `local`: shares the table's partition key, and is made with the table only. @default 'global' */
  readonly kind?: 'global' | 'local';
  /** What of an item it holds beside the keys of table and index. @default 'all' */
  readonly projection?: 'all' | 'keys' | readonly string[];
}

export interface Table {
  /** Its name in AWS, without an environment's suffix. */
  readonly name: string;
  readonly key: TableKey;
  /** Secondary indexes by their names. @default none */
  readonly indexes?: Readonly<Record<string, Index>>;
  /** The JSON file with the items that it starts from. @default it starts empty */
  readonly seed?: string;
  /** What callers see of an item where attributes are protected. @default every attribute */
  readonly visibleAttributes?: readonly string[];
  /** Begins the names of its outputs and of its variable. @default its name in snake case: `super_mission_table` */
  readonly label?: string;
}

/** A way in which a function reads: page by page all of a table or an index, one partition of it, or one item of a table. */
export type Read = ({ readonly scan: Table } | { readonly query: Table } | { readonly get: Table }) & {
  /** @default the table itself */
  readonly index?: string;
  /** All that it may name in requests, and is answered; `visible`: the table's own list. @default every attribute */
  readonly attributes?: readonly string[] | 'visible';
};

/** What a `Read` comes to. */
export interface Access {
  readonly operation: 'Scan' | 'Query' | 'GetItem';
  readonly table: Table;
  readonly index?: string;
  readonly attributes?: readonly string[];
}

export function accessOf({ index, attributes, ...read }: Read): Access {
  const [operation, table] =
    'scan' in read
      ? (['Scan', read.scan] as const)
      : 'query' in read
        ? (['Query', read.query] as const)
        : (['GetItem', read.get] as const);
  const named = attributes === 'visible' ? table.visibleAttributes : attributes;
  return { operation, table, ...(index !== undefined && { index }), ...(named && { attributes: named }) };
}

/**
 * An invocation of the smoke test, and what is right. What the answer is compared with are the seed items of the table that
 * the function reads first.
 */
export type ComparedInvocation =
  | {
      readonly event: unknown;
      /** The whole answer. */
      readonly answer: unknown;
    }
  | {
      readonly event: unknown;
      /** A list with every seed item; not asked for where items are imported, as no answer could hold them. */
      readonly answers: 'all items';
    }
  | {
      readonly event: { readonly limit: number };
      /** `items`, one to `limit`, whichever they are; asked for where items are imported. */
      readonly answers: 'a page';
    }
  | {
      readonly event: Readonly<Record<string, unknown>> | 'each item';
      /** The response of a query that finds the seed items whose attributes have the values of the event's fields. */
      readonly answers: 'a query';
      /** Attribute names by the event's fields. */
      readonly by: Readonly<Record<string, string>>;
    };

export interface Fn extends Web {
  /** Its name in AWS, without an environment's suffix. */
  readonly name: string;
  /** @default the name, then `Role` */
  readonly role?: string;
  /** Construct id and name of the policy that lets it read. @default `read`; the name, then `ReadPolicy` */
  readonly policy?: { readonly id: string; readonly name: string };
  /** What it reads, if anything; what the smoke test expects are the items of the first table. */
  readonly reads: readonly Read[];
  /** Environment variables beside those that every function has. @default none */
  readonly variables?: Readonly<Record<string, string>>;
  readonly smoke: readonly SmokeInvocation[];
  /**
   * What its policy says in place of its reads where an environment's access is the notebook's: actions on every resource, and
   * whether they may name the visible attributes only. @default its reads
   */
  readonly notebookPolicy?: {
    readonly sid: string;
    readonly actions: readonly string[];
    readonly attributes?: 'visible';
  };
}

/** Each table that a function reads, once. */
export function tablesRead({ reads }: Fn): readonly Table[] {
  return [...new Set(reads.map((it) => accessOf(it).table))];
}

/** What the names of a table's outputs, and of the variable that holds its name, begin with. */
export function tableLabel({ label, name }: Table): string {
  return label ?? name.replace(/(?<=[a-z0-9])(?=[A-Z])|[.-]/g, '_').toLowerCase();
}

/** What of a function is for environments that have a web. */
export interface Web {
  /** @default it answers direct invocations only */
  readonly route?: Route;
  /** Whether it is there only where the environment has a web. @default it always is */
  readonly webOnly?: true;
}

/** How a parameter of a query string becomes a field of the event: as it is, as a number, or all of that name as a list. */
export type QueryParameter = 'text' | 'number' | 'list';

/** What a function answers over HTTP, where an environment has a web. */
export interface Route {
  /** The path of its GET and HEAD requests; each `{name}` is a segment, and a field of the event. */
  readonly get: string;
  /** Parameters of the query string, which become fields of the event; any other is refused. @default none */
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Whether its answer is a response of HTTP, as that of a page. @default a response is made of its answer */
  readonly speaksHttp?: true;
}

/** The names of the segments that a path leaves open. */
export function pathParameters({ get }: Route): string[] {
  return [...get.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
}

export type SmokeInvocation =
  | ComparedInvocation
  | {
      readonly event: unknown;
      /** A response of HTTP with a page. */
      readonly answers: 'HTML';
    };
