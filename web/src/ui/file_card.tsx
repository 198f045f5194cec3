import {useState} from "preact/hooks";

import {previewOf, type SharedFile} from "../files/shared";
import {t} from "../text/language";
import {Icon} from "./icons";
import {Name} from "./rich_text";

/** A picture is shown no larger than this; until its size is known, so much room is kept for it. */
const widest_px = 400;
const highest_px = 240;
const mostSizes = 2_000;

/** How large pictures are shown that were loaded before: they come and go with the window of the list. */
const sizes = new Map<string, {width: number; height: number}>();

/** A file that was put into the room: shown if it is a picture, sound or film, and to be had in any case. */
export function FileCard({shared}: {shared: SharedFile}) {
  const [isBroken, setBroken] = useState(false);
  const preview = isBroken ? null : previewOf(shared.name);
  const broken = () => setBroken(true);
  return (
    <div class="file-card">
      {shared.by !== "" && <p class="quiet">{t("messages.shared", shared.by)}</p>}
      {preview === "image" && <Picture shared={shared} broken={broken} />}
      {preview === "audio" && <audio src={shared.path} controls preload="none" onError={broken} />}
      {preview === "video" && <video src={shared.path} controls preload="metadata" onError={broken} />}
      <a class="file-line" href={shared.path} download={shared.name}>
        <Icon name="file" /><span class="file-name"><Name of={shared.name} /></span><span class="quiet">{shared.size}</span>
      </a>
    </div>
  );
}

function Picture({shared, broken}: {shared: SharedFile; broken: () => void}) {
  const [size, setSize] = useState(sizes.get(shared.path));
  const loaded = ({naturalWidth, naturalHeight}: HTMLImageElement) => {
    const scale = Math.min(1, widest_px / naturalWidth, highest_px / naturalHeight);
    const shown = {width: Math.max(1, Math.round(naturalWidth * scale)), height: Math.max(1, Math.round(naturalHeight * scale))};
    if (sizes.size >= mostSizes) sizes.clear();
    sizes.set(shared.path, shown);
    setSize(shown);
  };
  return (
    <a class={size ? "picture" : "picture loading"} href={shared.path} target="_blank" rel="noopener">
      <img src={shared.path} alt={shared.name} width={size?.width} height={size?.height} loading="lazy" decoding="async"
        onLoad={(event) => size ?? loaded(event.currentTarget)} onError={broken} />
    </a>
  );
}
