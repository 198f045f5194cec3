import {useEffect, useRef} from "preact/hooks";

import type {App} from "../app/app";
import {commandNames} from "../chat/input";
import {t} from "../text/language";

export function HelpDialog({app}: {app: App}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    app.isHelpOpen = false;
    app.changed();
  };
  return (
    <dialog ref={dialog} class="help" onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">{t("help.title")}</h2>
      <ul>{commandNames.map((name) => <li key={name}>{t(`help.${name}`)}</li>)}</ul>
      <p>{t("help.keys")}</p>
      <button class="primary" onClick={() => dialog.current?.close()}>{t("close")}</button>
    </dialog>
  );
}
