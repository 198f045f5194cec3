import {useState} from "preact/hooks";

import {previewOf, type SharedFile} from "../files/shared";
import {t} from "../text/language";
import {Icon} from "./icons";
import {Name} from "./rich_text";

/** A file that was put into the room: shown if it is a picture, sound or film, and to be had in any case. */
export function FileCard({shared}: {shared: SharedFile}) {
  const [isBroken, setBroken] = useState(false);
  const preview = isBroken ? null : previewOf(shared.name);
  const broken = () => setBroken(true);
  return (
    <div class="file-card">
      <p class="quiet">{t("messages.shared", shared.by)}</p>
      {preview === "image" && <a href={shared.path} target="_blank" rel="noopener"><img src={shared.path} alt={shared.name} loading="lazy" decoding="async" onError={broken} /></a>}
      {preview === "audio" && <audio src={shared.path} controls preload="none" onError={broken} />}
      {preview === "video" && <video src={shared.path} controls preload="metadata" onError={broken} />}
      <a class="file-line" href={shared.path} download={shared.name}>
        <Icon name="file" /><span class="file-name"><Name of={shared.name} /></span><span class="quiet">{shared.size}</span>
      </a>
    </div>
  );
}
