// Small pictures of files that are about to be uploaded, made here: the server sends files as they are.

import {previewOf} from "./shared";

/** As high as it is shown, on a screen of two dots a pixel. */
const height_px = 96;
/** Of larger files none is made: they would be unpacked in memory first. */
const largest_bytes = 48 * 1_048_576;

/** The address of a small picture of a picture; null if it is none that can be shown. The caller has to revoke it. */
export async function thumbnailOf(file: File): Promise<string | null> {
  if (previewOf(file.name) !== "image" || file.size > largest_bytes) return null;
  try {
    const picture = await createImageBitmap(file, {resizeHeight: height_px, resizeQuality: "medium"});
    const canvas = document.createElement("canvas");
    // A very wide one is cut off, not made flat.
    canvas.width = Math.min(picture.width, 3 * height_px);
    canvas.height = picture.height;
    canvas.getContext("2d")?.drawImage(picture, 0, 0);
    picture.close();
    const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", 0.8));
    return small && URL.createObjectURL(small);
  } catch {
    return null; // only its name says that it is a picture
  }
}
