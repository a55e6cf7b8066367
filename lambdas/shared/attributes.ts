/** The table's partition key, a string attribute. */
export const partitionKey = 'SuperHero';

/** The attributes that a caller of `MissionDetailsFunction` may see where attributes are protected, the key among them. */
export const visibleAttributes = [partitionKey, 'MissionStatus', 'Villain1', 'Villain2', 'Villain3'] as const;
