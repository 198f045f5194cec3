/** Drawn for this page: lines of one weight on a grid of 24. */
const paths = {
  menu: "M4 7h16M4 12h16M4 17h16",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM3 20c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5M16 5a3 3 0 0 1 0 6M17.5 15c2.1.6 3.5 2.3 3.5 5",
  file: "M7 3h7l4 4v14H7zM14 3v4h4",
  clip: "M8 12.5l6-6a3 3 0 0 1 4.2 4.2l-8.2 8.2a4.6 4.6 0 0 1-6.5-6.5L11 5",
  send: "M4 12l16-8-5 16-3.5-6.5z",
  close: "M6 6l12 12M18 6L6 18",
  reply: "M10 7L5 12l5 5M5 12h9c3 0 5 2 5 6",
  link: "M10 14l4-4M8.5 11L6 13.500a3.200 3.200 0 0 0 4.500 4.500L13 15.500M15.500 13l2.500-2.500a3.200 3.200 0 0 0-4.500-4.500L11 8.500",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4",
  pause: "M9 6v12M15 6v12",
  play: "M8 5l11 7-11 7z",
  down: "M12 5v14M6 13l6 6 6-6",
  leave: "M14 4h5v16h-5M4 12h10M10 8l4 4-4 4",
  grid: "M5 5h5v5H5zM14 5h5v5h-5zM5 14h5v5H5zM14 14h5v5h-5z",
} as const;

export function Icon({name}: {name: keyof typeof paths}) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M6 12c4-4 7 4 11 0s6-2 9 0M6 20c4-4 7 4 11 0s6-2 9 0" />
    </svg>
  );
}
