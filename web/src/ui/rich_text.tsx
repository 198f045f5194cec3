import type {JSX} from "preact";

import {pieces} from "../chat/rich_text";
import {writePlace} from "../app/place";

/** A name, kept from turning the direction of what stands beside it. */
export function Name({of}: {of: string}) {
  return <bdi>{of}</bdi>;
}

/** A message's text as elements: what users wrote is only ever text in them. `find`: a word to be marked. */
export function RichText({text, isName, own, find}: {text: string; isName: (word: string) => boolean; own: string; find: string}) {
  return <>{pieces(text, isName).map((piece, index): JSX.Element => {
    switch (piece.type) {
      case "link": return <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">{piece.text}</a>;
      case "room": return <a key={index} href={`/${writePlace(piece.text)}`}><bdi>{piece.text}</bdi></a>;
      case "code": return <code key={index}>{piece.text}</code>;
      case "mention": return <span key={index} class={piece.text.toLowerCase() === own.toLowerCase() ? "mention own" : "mention"}><bdi>{piece.text}</bdi></span>;
      case "text": return <span key={index}>{marked(piece.text, find)}</span>;
    }
  })}</>;
}

function marked(text: string, find: string): (string | JSX.Element)[] {
  if (find === "") return [text];
  const found: (string | JSX.Element)[] = [];
  const lower = text.toLowerCase();
  let end = 0;
  for (let at = lower.indexOf(find); at >= 0; at = lower.indexOf(find, end)) {
    found.push(text.slice(end, at), <mark key={at}>{text.slice(at, at + find.length)}</mark>);
    end = at + find.length;
  }
  return [...found, text.slice(end)];
}

/** One of the page's hues for a name: always the same, so that people are told apart at a glance. */
export function hueOf(nick: string): number {
  let sum = 0;
  for (const letter of nick.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return sum % 8;
}
