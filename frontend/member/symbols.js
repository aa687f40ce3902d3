// A payment code as QR code and as Code 128, drawn as SVG: black on white with their quiet zones.
import Code128C from "jsbarcode/bin/barcodes/CODE128/CODE128C.js";
import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 10;

function drawn(width, height, path, label) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  const black = document.createElementNS(SVG, "path");
  black.setAttribute("d", path);
  svg.append(black);
  return svg;
}

export function qr(text, label) {
  const { data, size } = encode(text, { ecc: "M", border: 4 });
  let path = "";
  data.forEach((row, y) => row.forEach((dark, x) => dark && (path += `M${x} ${y}h1v1h-1z`)));
  return drawn(size, size, path, label);
}

// The modules of a text of digits, 1 for black.
export function modules(text) {
  return new (Code128C.default ?? Code128C)(text, {}).encode().data;
}

export function bars(text, label) {
  const black = modules(text);
  let path = "";
  for (const run of black.matchAll(/1+/g))
    path += `M${run.index + QUIET} 0h${run[0].length}v60h-${run[0].length}z`;
  const svg = drawn(black.length + 2 * QUIET, 60, path, label);
  svg.setAttribute("preserveAspectRatio", "none");
  return svg;
}
