import {defineConfig} from "vite";

export default defineConfig({
  // JSX becomes calls of Preact, without a plugin.
  esbuild: {jsx: "automatic", jsxImportSource: "preact", legalComments: "none"},
  build: {
    target: "es2022",
    assetsDir: "assets",
    assetsInlineLimit: 0, // data: addresses would need a laxer Content-Security-Policy
    modulePreload: {polyfill: false},
    reportCompressedSize: false,
  },
  // `npm run dev` beside a `leat serve` on its usual port.
  server: {
    proxy: {
      "/irc": {target: "ws://127.0.0.1:8667", ws: true},
      "/files": "http://127.0.0.1:8667",
      "/rooms": "http://127.0.0.1:8667",
      "/uploads": "http://127.0.0.1:8667",
    },
  },
});
