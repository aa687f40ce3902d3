// Build the assets of the pages: frontend/ becomes src/tongbao/web/static/, with names that change
// with their content, each compressed once here and never again.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const OUT = "src/tongbao/web/static";
const USED = /\bicon\s*(?:\(|=)\s*["']([a-z0-9-]+)["']/g;

function filesBelow(folder, suffixes) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => suffixes.some((suffix) => name.endsWith(suffix)))
    .map((name) => join(folder, name));
}

// One sprite of the icons that templates and navigation name, and of no others; and the pictures.
function sprite() {
  return {
    name: "sprite",
    generateBundle() {
      const names = new Set();
      for (const file of filesBelow("src/tongbao/web", [".html", ".py"]))
        for (const [, name] of readFileSync(file, "utf8").matchAll(USED)) names.add(name);
      const symbols = [...names].sort().map((name) => {
        const svg = readFileSync(`node_modules/@tabler/icons/icons/outline/${name}.svg`, "utf8");
        const inner = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.indexOf("</svg>"));
        const shapes = inner.replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s+/g, " ").trim();
        return `<symbol id="${name}" viewBox="0 0 24 24">${shapes}</symbol>`;
      });
      const source = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "icons.svg", source });
      for (const file of filesBelow("frontend/images", [".svg", ".png"]))
        this.emitFile({
          type: "asset",
          name: basename(file),
          originalFileName: file,
          source: readFileSync(file),
        });
    },
  };
}

function compressed() {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const file of filesBelow(OUT, [".js", ".css", ".svg"])) {
        const raw = readFileSync(file);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: 9,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
        };
        writeFileSync(`${file}.br`, brotliCompressSync(raw, { params }));
        writeFileSync(`${file}.gz`, gzipSync(raw, { level: 9 }));
      }
    },
  };
}

const entries = ["main", "theme", ...filesBelow("frontend/pages", [".js"])].map((name) =>
  name.endsWith(".js") ? name : `frontend/${name}.js`,
);

export default defineConfig({
  publicDir: false,
  base: "/assets/",
  plugins: [sprite(), compressed()],
  build: {
    outDir: OUT,
    emptyOutDir: true,
    assetsDir: "",
    manifest: "manifest.json",
    modulePreload: false,
    sourcemap: false,
    target: "es2022",
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1000,
    rollupOptions: {
      input: entries,
      // htmx can evaluate texts; we tell it not to, and the policy forbids it.
      onwarn: (warning, warn) => warning.code === "EVAL" || warn(warning),
    },
  },
});
