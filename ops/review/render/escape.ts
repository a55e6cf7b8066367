/** Control characters, those that turn the direction of text included, as they are written in JSON. */
export function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (it) => `\\u{${(it.codePointAt(0) as number).toString(16)}}`,
  );
}

/** Text for HTML and XML, attributes too, with nothing invisible in it. */
export function entities(text: string): string {
  return visible(text).replace(/[&<>"']/g, (it) => `&#${it.charCodeAt(0)};`);
}
