// What the parts of a session share: the state, what the server is like, and the way to send.

import type {Features} from "../irc/features";
import type {ChatState, Conversation, Words} from "./types";
import {newConversation} from "./conversation";

export interface Context {
  readonly state: ChatState;
  readonly features: Features;
  /** Whether a capability is enabled. */
  has(capability: string): boolean;
  /** Milliseconds since 1970. */
  now(): number;
  /** Sends a line. Line ends in `params` become spaces. */
  send(command: string, params: readonly string[], tags?: Readonly<Record<string, string>>): void;
  /** A label that no other request of this session has. */
  nextLabel(): string;
  notify(words: Words, isError: boolean, about?: string | null): void;
  /** Up to when a conversation of that name was read, as far as this browser remembers. */
  rememberedReadTime(name: string): number;
}

/** A server of ill will could name any number of senders. */
const mostConversations = 1_000;

export function isSelf(of: Context, nick: string): boolean {
  return of.features.fold(nick) === of.features.fold(of.state.nick);
}

export function findConversation(of: Context, name: string): Conversation | undefined {
  return of.state.conversations.get(of.features.fold(name));
}

/** The conversation of that name, made if there is none; undefined when there are too many. */
export function needConversation(of: Context, name: string): Conversation | undefined {
  const key = of.features.fold(name);
  const found = of.state.conversations.get(key);
  if (found) return found;
  if (name === "" || of.state.conversations.size >= mostConversations) return undefined;
  const made = newConversation(key, name, of.features.isRoom(name) ? "room" : "direct", of.rememberedReadTime(name));
  of.state.conversations.set(key, made);
  return made;
}

export function words(key: string, values: readonly string[] = [], said = ""): Words {
  return {key, values, said};
}
