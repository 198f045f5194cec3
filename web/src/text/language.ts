// In which language the page speaks: the browser's, until the user chooses.

import {memory} from "../app/memory";
import type {Words} from "../chat/types";
import {en, type TextKey} from "./en";
import {zh} from "./zh";

const languages = {en, zh};
export type Language = keyof typeof languages;
export const allLanguages: readonly Language[] = ["en", "zh"];

const isLanguage = (name: string): name is Language => Object.hasOwn(languages, name);

let current: Language = "en";

export function chooseLanguage(preferred: readonly string[] = [memory.language, ...navigator.languages]): void {
  const codes = preferred.map((each) => each.toLowerCase().split("-")[0] ?? "");
  setLanguage(codes.find(isLanguage) ?? "en");
}

export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language === "zh" ? "zh-CN" : language;
}

export function language(): Language {
  return current;
}

export function nameOf(which: Language): string {
  return languages[which].name;
}

/** A text of the page, with what is to be filled in. Of two forms the first is taken when {0} is 1. */
export function t(key: TextKey, ...values: readonly (string | number)[]): string {
  const forms = languages[current][key].split("|");
  const form = (Number(values[0]) === 1 ? forms[0] : forms[forms.length - 1]) ?? "";
  return form.replace(/\{(\d)\}/g, (_, index: string) => String(values[Number(index)] ?? ""));
}

/** The page's own words for what a server said, and the server's where it has none. */
export function inWords(words: Words): string {
  const known = Object.hasOwn(en, words.key) ? t(words.key as TextKey, ...words.values) : "";
  return known === "" ? words.said || words.key : known;
}

/** Dates and amounts as where the user is, if the browser says so: "en" alone would be American. */
function locale(): string {
  return navigator.languages.find((each) => each.toLowerCase().startsWith(current)) ?? document.documentElement.lang;
}

export function timeOfDay(time: number): string {
  return new Intl.DateTimeFormat(locale(), {hour: "2-digit", minute: "2-digit"}).format(time);
}

export function fullTime(time: number): string {
  return new Intl.DateTimeFormat(locale(), {dateStyle: "full", timeStyle: "medium"}).format(time);
}

export function dateAndTime(time: number): string {
  return new Intl.DateTimeFormat(locale(), {dateStyle: "medium", timeStyle: "short"}).format(time);
}

const dayOf = (time: number) => new Date(time).setHours(0, 0, 0, 0);

/** Whether two times are of one day, where the user is. */
export function isSameDay(left: number, right: number): boolean {
  return dayOf(left) === dayOf(right);
}

export function day(time: number, now: number): string {
  if (isSameDay(time, now)) return t("today");
  if (isSameDay(time, dayOf(now) - 1)) return t("yesterday");
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(locale(), {
    weekday: "long", day: "numeric", month: "long", ...(isThisYear ? {} : {year: "numeric"}),
  }).format(time);
}

/** A span of time, roughly: "45 s", "3 min". */
export function span(seconds: number): string {
  const [amount, unit] = seconds < 90 ? [seconds, "second"] : seconds < 5_400 ? [seconds / 60, "minute"] : [seconds / 3_600, "hour"];
  return new Intl.NumberFormat(locale(), {style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 0}).format(amount);
}
