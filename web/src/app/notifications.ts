// Telling the user of news while the page is not looked at: in the title always, on the desktop if that is wanted.

import {withoutFormatting} from "../chat/rich_text";
import {memory} from "./memory";

export function canNotify(): boolean {
  return "Notification" in window && window.isSecureContext;
}

export function isNotifying(): boolean {
  return canNotify() && memory.wantsNotifications && Notification.permission === "granted";
}

/** The user wants to be notified, or no longer. Returns whether that is so now: the browser asks, too. */
export async function setNotifying(wanted: boolean): Promise<boolean> {
  memory.wantsNotifications = wanted && canNotify() && (await Notification.requestPermission()) === "granted";
  return memory.wantsNotifications;
}

export function notify(title: string, text: string, opened: () => void): void {
  if (!isNotifying()) return;
  try {
    const shown = new Notification(title, {body: withoutFormatting(text).slice(0, 200), tag: title});
    shown.onclick = () => {
      window.focus();
      opened();
      shown.close();
    };
  } catch {
    // Some browsers on phones know the name, and refuse.
  }
}

let title = "";

/** How many messages are for the user, and whether there is anything else new. */
export function showUnread(count: number, hasNews: boolean, place: string, network: string): void {
  const mark = count > 0 ? `(${count}) ` : hasNews ? "• " : "";
  const wanted = mark + [place, network || "leat"].filter((each) => each !== "").join(" · ");
  if (wanted !== title) document.title = title = wanted;
}
