import {useEffect, useState} from "preact/hooks";

import type {App} from "../app/app";
import type {Conversation} from "../chat/types";
import {fetchListing, type ListedFile} from "../files/listing";
import {folderOf, previewOf, readableSize} from "../files/shared";
import {t} from "../text/language";
import {FilesButton} from "./composer";
import {Icon} from "./icons";
import {Panel} from "./panel";
import {Name} from "./rich_text";
import {UploadsList} from "./uploads_list";

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
  const isEmpty = files.length === 0 && trouble === "" && app.uploads.list.length === 0;
  return (
    <Panel app={app} kind="files" title={t("files.title")} tools={<FilesButton app={app} />}>
      <UploadsList app={app} />
      {trouble !== "" && <p class="wrong padded" role="alert">{t("files.trouble", trouble)}</p>}
      {isEmpty && <p class="quiet padded">{t("files.none")}</p>}
      {about?.kind !== "room" && <p class="quiet padded">{t("files.everyone")}</p>}
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
    </Panel>
  );
}
