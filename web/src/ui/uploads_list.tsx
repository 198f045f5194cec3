import {useEffect, useRef} from "preact/hooks";

import type {App} from "../app/app";
import {readableSize} from "../files/shared";
import type {Unfinished, Upload} from "../files/uploads";
import {span, t} from "../text/language";
import {Icon} from "./icons";
import {Name} from "./rich_text";

/** The uploads that are under way, and those of earlier visits that could go on. */
export function UploadsList({app}: {app: App}) {
  useEffect(() => void app.uploads.lookForUnfinished(), []);
  const {list, unfinished} = app.uploads;
  return (
    <>
      <ul class="uploads">{list.map((upload) => <UploadRow key={upload.id} app={app} upload={upload} />)}</ul>
      {unfinished.length > 0 && (
        <section class="unfinished" aria-labelledby="unfinished-title">
          <h3 id="unfinished-title">{t("uploads.unfinished")}</h3>
          <p class="quiet">{t("uploads.again")}</p>
          <ul>{unfinished.map((each) => <UnfinishedRow key={each.key} app={app} unfinished={each} />)}</ul>
        </section>
      )}
    </>
  );
}

function UploadRow({app, upload}: {app: App; upload: Upload}) {
  const {file, sent, speed, status} = upload;
  const isActive = status === "sending" || status === "queued" || status === "waiting";
  return (
    <li class={`upload ${status}`}>
      <div class="upload-head">
        {upload.preview && <img class="thumbnail" src={upload.preview} alt="" height="48" />}
        <span class="file-name"><Name of={file.name} /></span>
        {isActive && <button class="icon-button" aria-label={t("upload.pause")} title={t("upload.pause")} onClick={() => app.uploads.pause(upload)}><Icon name="pause" /></button>}
        {(status === "paused" || status === "failed") && <button class="icon-button" aria-label={t("upload.resume")} title={t("upload.resume")} onClick={() => app.uploads.resume(upload)}><Icon name="play" /></button>}
        <button class="icon-button" aria-label={t("upload.remove")} title={t("upload.remove")} onClick={() => app.uploads.remove(upload)}><Icon name="close" /></button>
      </div>
      {status !== "done" && <progress max={Math.max(1, file.size)} value={sent} aria-label={file.name} />}
      <p class="quiet">{stateOf(upload, sent, speed)}</p>
    </li>
  );
}

function stateOf(upload: Upload, sent: number, speed: number): string {
  const size = readableSize(upload.file.size);
  switch (upload.status) {
    case "queued": return t("upload.queued");
    case "paused": return `${t("upload.some", readableSize(sent), size)} · ${t("upload.paused")}`;
    case "waiting": return upload.reason === "" ? t("join.unreachable") : t("upload.waiting", upload.reason);
    case "failed": return t("upload.failed", upload.reason);
    case "done": return `${size} · ${t("upload.done")}`;
    case "sending": return speed > 0 ? t("upload.left", readableSize(sent), size, readableSize(Math.round(speed)), span((upload.file.size - sent) / speed)) : t("upload.some", readableSize(sent), size);
  }
}

function UnfinishedRow({app, unfinished}: {app: App; unfinished: Unfinished}) {
  const input = useRef<HTMLInputElement>(null);
  const {name, size, room, sent} = unfinished;
  const chosen = (file: File | undefined) => {
    if (file && !app.uploads.goOn(unfinished, file)) app.announce(t("uploads.other", name));
  };
  return (
    <li class="upload">
      <div class="upload-head">
        <span class="file-name"><Name of={name} /></span>
        <button class="icon-button" aria-label={t("uploads.choose", name)} title={t("uploads.choose", name)} onClick={() => input.current?.click()}><Icon name="play" /></button>
        <button class="icon-button" aria-label={t("upload.remove")} title={t("upload.remove")} onClick={() => app.uploads.forget(unfinished)}><Icon name="close" /></button>
        <input ref={input} class="hidden" type="file" tabIndex={-1} aria-hidden="true" onChange={(event) => {
          chosen(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }} />
      </div>
      {sent !== null && <progress max={Math.max(1, size)} value={sent} aria-label={name} />}
      <p class="quiet">{sent === null ? readableSize(size) : t("upload.some", readableSize(sent), readableSize(size))}{room !== "" && <> · <Name of={room} /></>}</p>
    </li>
  );
}
