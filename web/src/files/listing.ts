// The list of files of a room, or of those for everyone.

export interface ListedFile {
  name: string;
  size: number;
  modified: number;
  path: string;
}

export interface Listing {
  files: ListedFile[];
  /** Where the next page is; null on the last. */
  next: string | null;
}

/** An answer of the server in the form that hub/http/listing.hpp describes; what is not of that form is left out. */
export function parseListing(answer: unknown): Listing {
  const {files, next} = (answer && typeof answer === "object" ? answer : {}) as {files?: unknown; next?: unknown};
  const listed = (Array.isArray(files) ? files : []).flatMap((each: unknown): ListedFile[] => {
    const {name, size, modified, url} = (each && typeof each === "object" ? each : {}) as Record<string, unknown>;
    if (typeof name !== "string" || typeof size !== "number" || typeof url !== "string" || !/^\/(?!\/)/.test(url)) return [];
    return [{name, size, modified: Date.parse(String(modified)) || 0, path: url}];
  });
  return {files: listed, next: typeof next === "string" && /^\/(?!\/)/.test(next) ? next : null};
}

export async function fetchListing(path: string): Promise<Listing> {
  const answer = await fetch(path, {headers: {Accept: "application/json"}});
  if (!answer.ok) throw new Error((await answer.text()).trim().slice(0, 200) || answer.statusText);
  return parseListing(await answer.json());
}
