import { visible } from '../../../input-error';

/** Text for HTML and XML, attributes too, with nothing invisible in it. */
export function entities(text: string): string {
  return visible(text).replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`);
}
