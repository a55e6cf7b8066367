/** The table's partition key, a string attribute. */
export const partitionKey = 'SuperHero';

/** The columns that a caller of `MissionDetailsFunction` may see where columns are protected, the key among them. */
export const visibleColumns = [partitionKey, 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'] as const;
