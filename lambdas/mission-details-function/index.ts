import { keySchema } from '../../declarations';
import { missions } from '../../system';
import { defineHandler } from '../shared/define-handler';
import { AttributeNotVisible } from '../shared/errors';
import { describeProblem, invalid, readFields, readKeyValue } from '../shared/event';
import { query } from '../shared/read-table';
import { readVariable } from '../shared/read-variable';
import { variables } from '../shared/variable-names';

/**
 * Answer the mission of `event.superhero` with the query's whole response.
 * Where the function answers with visible attributes only, `event.attributes` may choose among them.
 */
export const handler = defineHandler(async (event, invocation) => {
  const mode = readVariable(variables.attributes, ['all', 'visible']);
  const { superhero, attributes } = readFields(event);
  const key = { [keyName]: readKeyValue('event.superhero', superhero, missions.key, keyName) };
  return query(missions, key, mode === 'all' ? {} : { attributes: readAttributes(attributes) }, invocation);
});

const keyName = keySchema(missions.key).partitionKey.name;
const visibleAttributes: readonly string[] = missions.visibleAttributes;

function readAttributes(attributes: unknown): readonly string[] {
  if (attributes === undefined) return visibleAttributes;
  const expected = 'a list of one or more different attribute names';
  if (!Array.isArray(attributes)) throw invalid('event.attributes', 'not a list', attributes, expected);
  if (attributes.length === 0) throw invalid('event.attributes', 'empty', attributes, expected);
  attributes.forEach((attribute: unknown, index) => {
    const where = `event.attributes[${index}]`;
    if (typeof attribute !== 'string') throw invalid(where, 'not a string', attribute, expected);
    if (attributes.indexOf(attribute) !== index) throw invalid(where, 'named twice', attribute, expected);
    if (!visibleAttributes.includes(attribute)) {
      throw new AttributeNotVisible(
        describeProblem(where, 'not visible', attribute, visibleAttributes.join(', ')),
      );
    }
  });
  return attributes.includes(keyName) ? attributes : [keyName, ...attributes];
}
