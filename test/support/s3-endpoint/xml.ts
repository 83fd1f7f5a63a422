import { S3Error } from './s3-error.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text content. Control characters go out as character references, as S3 sends them. */
export const escapeXml = (text: string): string =>
  text.replace(SPECIAL, (character) => ENTITIES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`);

const SPECIAL = new RegExp(`[&<>"${String.fromCharCode(0)}-${String.fromCharCode(0x1f)}]`, 'g');

/** `<name>text</name>`, or nothing for undefined. */
export const element = (name: string, text: string | number | boolean | undefined): string =>
  text === undefined ? '' : `<${name}>${escapeXml(String(text))}</${name}>`;

export const document = (name: string, content: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.replace(/&(?:#x([0-9a-fA-F]+)|#(\d+)|(\w+));/g, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number.parseInt(decimal, 10));
    return NAMED[name ?? ''] ?? whole;
  });

/** The raw contents of all elements `name`; namespaces and attributes are passed over. */
export const elements = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>|<${name}(?:\\s[^>]*)?/>`, 'g'))].map(
    (match) => match[1] ?? '',
  );

/** The text of the first element `name`. */
export const textOf = (xml: string, name: string): string | undefined => {
  const [first] = elements(xml, name);
  return first === undefined ? undefined : unescapeXml(first);
};

/** Refuses a body whose root is not `root`. */
export const requireRoot = (xml: string, root: string): string => {
  const [content] = elements(xml, root);
  if (content === undefined) throw new S3Error('MalformedXML');
  return content;
};
