import {useEffect, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Conversation} from "../chat/types";
import {fetchListing, type ListedFile} from "../files/listing";
import {folderOf, previewOf, readableSize} from "../files/shared";
import type {Upload} from "../files/uploads";
import {memory} from "../app/memory";
import {span, t} from "../text/language";
import {FilesButton} from "./composer";
import {Icon} from "./icons";
import {ClosePanel} from "./members_panel";
import {Name} from "./rich_text";

/** The files of a room (or for everyone), and the uploads that are under way. */
export function FilesPanel({app, about}: {app: App; about: Conversation | undefined}) {
  const folder = folderOf(about?.kind === "room" ? about.name : "");
  const [files, setFiles] = useState<ListedFile[]>([]);
  const [next, setNext] = useState<string | null>(folder);
  const [trouble, setTrouble] = useState("");
  const doneCount = app.uploads.list.filter((each) => each.status === "done").length;
  const load = async (path: string, isFirst: boolean) => {
    try {
      const page = await fetchListing(path);
      setFiles((known) => (isFirst ? page.files : [...known, ...page.files]));
      setNext(page.next);
      setTrouble("");
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  const lastShared = about?.messages[about.messages.length - 1]?.key ?? "";
  useEffect(() => void load(folder, true), [folder, doneCount, lastShared]);
  const open = app.uploads.list;
  const isUnfinished = open.length === 0 && memory.uploads().size > 0;
  return (
    <aside class="panel" aria-label={t("files.title")}>
      <header class="bar"><h2>{t("files.title")}</h2><FilesButton app={app} /><ClosePanel app={app} /></header>
      {isUnfinished && <p class="quiet padded">{t("files.again")}</p>}
      <ul class="uploads">{open.map((upload) => <UploadRow key={upload.id} app={app} upload={upload} />)}</ul>
      {trouble !== "" && <p class="wrong padded" role="alert">{t("files.trouble", trouble)}</p>}
      {files.length === 0 && trouble === "" && open.length === 0 && <p class="quiet padded">{t("files.none")}</p>}
      <ul class="files">
        {files.map((file) => (
          <li key={file.path}>
            <a class="file-line" href={file.path} target={previewOf(file.name) ? "_blank" : undefined} rel="noopener" download={previewOf(file.name) ? undefined : file.name}>
              <Icon name="file" /><span class="file-name"><Name of={file.name} /></span><span class="quiet">{readableSize(file.size)}</span>
            </a>
          </li>
        ))}
      </ul>
      {files.length > 0 && next !== null && <button class="link padded" onClick={() => void load(next, false)}>{t("files.more")}</button>}
    </aside>
  );
}

function UploadRow({app, upload}: {app: App; upload: Upload}) {
  const {file, sent, speed, status} = upload;
  const isActive = status === "sending" || status === "queued" || status === "waiting";
  return (
    <li class={`upload ${status}`}>
      <div class="upload-head">
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
    case "waiting": return t("upload.waiting", upload.reason);
    case "failed": return t("upload.failed", upload.reason);
    case "done": return `${size} · ${t("upload.done")}`;
    case "sending": return speed > 0 ? t("upload.left", readableSize(sent), size, readableSize(Math.round(speed)), span((upload.file.size - sent) / speed)) : t("upload.some", readableSize(sent), size);
  }
}
